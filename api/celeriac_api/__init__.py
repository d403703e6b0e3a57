"""The HTTP API: a typed function becomes an endpoint, a call becomes a task, and a task can be asked for."""

from celeriac_api.loading import shorten_start

shorten_start()
