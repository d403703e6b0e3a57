"""Async tasks for tests of the loop."""
