"""Watching tasks as they run."""
