"""Takes messages from Redis: decides how many, and rejects invalid ones."""
