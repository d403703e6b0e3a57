"""Starts a Valkey, an API, a worker: for the bench, chaos, the soak and the tests."""
