"""One run of a task, from its message to its end."""
