"""The client: calls of the HTTP API, sync and async."""
