"""The loop processes, which run async tasks beside the pool."""
