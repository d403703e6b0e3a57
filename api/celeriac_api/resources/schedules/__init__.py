"""Submits tasks again and again: due times, the stored schedule, and what fires it."""
