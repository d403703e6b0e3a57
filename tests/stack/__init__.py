"""`make run`, containers, settings."""
