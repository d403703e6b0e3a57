"""Addresses: of Redis, of pages, and of those to whom webhooks are sent."""
