"""The client of the HTTP API; what a test says holds for both of its sides."""
