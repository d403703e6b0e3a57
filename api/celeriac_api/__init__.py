"""The HTTP API: accepts tasks and reports their states."""

from celeriac_api.loading import shorten_start

shorten_start()
