"""Programs that we start: each in a group of its own, watched, and ended."""
