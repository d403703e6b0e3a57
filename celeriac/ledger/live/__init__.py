"""Reports the ends of tasks and their events as they happen."""
