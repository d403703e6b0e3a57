"""The programs of the stack: how the worker and the API are started, and when each is ready."""

import os
import subprocess
import sys
from datetime import timedelta

from celeriac.settings import Settings
from celeriac.stack.processes import process
from celeriac.stack.processes.part import Child
from celeriac.stack.processes.process import Process
from celeriac.stack.processes.readiness import answers_over_http, wait_until

# What uvicorn is told to serve, and how.
API = ("--factory", "celeriac_api.app:create_app", "--http", "celeriac_api.server.one_write:OneWrite")
READY_TIMEOUT = timedelta(seconds=60)
# What the API is given to answer those who wait, and what each needs to wind up.
API_GRACE = timedelta(seconds=5)
MARGIN = timedelta(seconds=5)

ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - one may listen on all, and ask none but one


def start_worker(redis_url: str | None) -> Process:
    """The pool, as one would start it by hand."""
    command = [*_module("celery"), "-A", "celeriac_worker.app", "worker", "--loglevel", "INFO"]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    # Makes SIGTERM hand running tasks back after the grace, instead of waiting for each to end.
    return _start(command, redis_url, REMAP_SIGTERM="SIGQUIT")


def start_api(settings: Settings, redis_url: str | None) -> Process:
    """The API, as one would start it by hand."""
    command = [*_module("uvicorn"), *API]
    command += ["--host", settings.host, "--port", str(settings.port)]
    command += ["--timeout-graceful-shutdown", f"{API_GRACE.total_seconds():.0f}"]
    return _start(command, redis_url)


def wait_for_worker(child: Child) -> None:
    """Return when it takes tasks; Celery says so in its log, and nowhere else without remote control."""
    wait_until(
        lambda: child.has_said(" ready."), name="The worker", process=child.process, timeout=READY_TIMEOUT
    )


def wait_for_api(child: Child, settings: Settings) -> None:
    """Return when it answers."""
    host = ANY_ADDRESS.get(settings.host, settings.host)
    wait_until(
        lambda: answers_over_http(host, settings.port, "/livez"),
        name="The API",
        process=child.process,
        timeout=READY_TIMEOUT,
    )


def api_url(settings: Settings) -> str:
    """Where a browser on this machine finds the API."""
    host = ANY_ADDRESS.get(settings.host, settings.host)
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


def _module(name: str) -> list[str]:
    return [sys.executable, "-m", name]


def _start(command: list[str], redis_url: str | None, **variables: str) -> Process:
    """With our environment, and the address of our own Redis where there is one."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", **variables}
    if redis_url is not None:
        environment["CELERIAC_REDIS_URL"] = redis_url
    return process.start(command, environment=environment, output=subprocess.PIPE)
