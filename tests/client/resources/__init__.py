"""Schedules and webhooks through the client."""
