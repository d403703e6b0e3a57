"""Beside tasks: each resource has its documents, handlers and routes in its own room."""
