"""Webhooks: targets, deliveries, and the loop that sends them."""
