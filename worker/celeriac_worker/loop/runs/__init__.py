"""Runs of tasks in an event loop."""
