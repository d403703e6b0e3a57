"""Webhooks: where the ends of tasks are sent, the deliveries, and the loop that sends them."""
