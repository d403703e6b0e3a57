"""The HTTP API: a typed function becomes an endpoint, a call becomes a task, and a task can be asked for."""
