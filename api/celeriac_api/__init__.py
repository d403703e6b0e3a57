"""The HTTP API: accepts tasks and tells what becomes of them."""

from celeriac_api.loading import shorten_start

shorten_start()
