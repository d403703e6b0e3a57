"""Commands that show what the server has, and that operate queues."""
