"""Derives the options of uvicorn from the settings."""

import math

from celeriac.settings import Settings

APP = (
    "--factory",
    "celeriac_api.app:create_app",
    "--http",
    "celeriac_api.server.connections.one_write:OneWrite",
    "--ws",
    "none",
)


def uvicorn_options(settings: Settings) -> list[str]:
    """The options as uvicorn's command line has them."""
    return [
        *APP,
        *("--host", settings.host),
        *("--port", str(settings.port)),
        *("--workers", str(settings.api_processes)),
        *("--timeout-graceful-shutdown", str(math.ceil(settings.api_grace.total_seconds()))),
    ]
