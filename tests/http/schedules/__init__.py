"""Schedules: due times, ownership, and each due time once."""
