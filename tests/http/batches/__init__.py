"""Batches: many tasks in one request."""
