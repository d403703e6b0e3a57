"""Batches: many tasks in one request, counted, waited for and cancelled together."""
