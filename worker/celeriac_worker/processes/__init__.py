"""The processes of the pool: they run tasks, and the scheduler decides which."""
