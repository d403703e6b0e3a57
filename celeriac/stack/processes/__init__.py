"""Starts programs, each in its own group, watches them, and ends them."""
