"""The processes of the pool: which runs what, and when."""
