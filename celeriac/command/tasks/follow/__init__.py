"""Shows what happens to tasks while it happens."""
