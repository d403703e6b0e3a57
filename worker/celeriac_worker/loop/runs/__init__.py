"""Runs of tasks in an event loop: what is known of each, and how it is called."""
