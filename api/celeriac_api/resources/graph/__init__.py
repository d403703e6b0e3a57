"""Shows what waits for what around a task."""
