"""The heartbeat of an app's worker, and what it is made of."""
