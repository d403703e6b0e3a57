"""Async tasks that are hard on the loop in which they run."""
