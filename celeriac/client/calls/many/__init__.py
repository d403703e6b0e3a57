"""Submits several tasks at once."""
