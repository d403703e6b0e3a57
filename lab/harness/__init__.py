"""Starts a Valkey, an API, a worker: for bench, chaos, soak and tests."""
