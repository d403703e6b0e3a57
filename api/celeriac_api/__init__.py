"""The HTTP API: accepts tasks and reports their states."""

from celeriac_api.server.loading import shorten_start

shorten_start()
