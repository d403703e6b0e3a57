"""The processes of the pool."""
