"""What happens now: the ends of tasks and their events, as they come."""
