"""Starts the worker and the API, and reports when they are ready."""

import asyncio
import os
import subprocess
import sys
from datetime import timedelta

from celeriac.settings import Settings
from celeriac.stack.processes import process
from celeriac.stack.processes.part import Child
from celeriac.stack.processes.process import Process
from celeriac.stack.processes.readiness import answers_over_http, wait_until
from celeriac.stack.processes.supervisor import Supervisor

# What each needs to wind up after its grace.
MARGIN = timedelta(seconds=5)

ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - one may listen on all, and ask none but one


class WorkerAndApi:
    """The worker and the API of one stack."""

    def __init__(self, settings: Settings, supervisor: Supervisor, redis_url: str | None) -> None:
        """Nothing is started yet. `redis_url` is that of our own Valkey; without it, the settings say which Redis."""
        self._settings = settings
        self._supervisor = supervisor
        self._redis_url = redis_url

    async def start(self) -> None:
        """Start both, and return when the worker takes tasks and the API answers."""
        worker = self._add("worker", "celeriac_worker", self._settings.shutdown_grace)
        api = self._add("api", "celeriac_api", self._settings.api_grace)
        await asyncio.gather(wait_for_worker(worker), wait_for_api(api, self._settings))

    def _add(self, name: str, package: str, grace: timedelta) -> Child:
        return self._supervisor.add(name, _start(package, self._redis_url), grace=grace + MARGIN)


async def wait_for_worker(worker: Child) -> None:
    """Celery says in its log that it takes tasks, and nowhere else without remote control."""
    await asyncio.to_thread(
        wait_until, lambda: worker.has_said(" ready."), name="The worker", process=worker.process
    )


async def wait_for_api(api: Child, settings: Settings) -> None:
    """Return when what listens on the API's port answers."""
    host = ANY_ADDRESS.get(settings.host, settings.host)
    await asyncio.to_thread(
        wait_until,
        lambda: answers_over_http(host, settings.port, "/livez"),
        name="The API",
        process=api.process,
    )


def api_url(settings: Settings) -> str:
    """Where a browser on this machine finds the API."""
    host = ANY_ADDRESS.get(settings.host, settings.host)
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


def environment(redis_url: str | None) -> dict[str, str]:
    """That of both services; with the address of our own Redis where there is one."""
    variables = {**os.environ, "PYTHONUNBUFFERED": "1"}
    # Who runs both on a machine of their own may see all that their tasks raise.
    variables["CELERIAC_SHOW_TRACEBACKS"] = variables.get("CELERIAC_SHOW_TRACEBACKS") or "true"
    if redis_url is not None:
        variables["CELERIAC_REDIS_URL"] = redis_url
        variables.pop("CELERIAC_REDIS_PASSWORD_FILE", None)  # ours has none
    return variables


def _start(package: str, redis_url: str | None) -> Process:
    """As `celeriac worker` and `celeriac api` do."""
    command = [sys.executable, "-m", package]
    return process.start(command, environment=environment(redis_url), output=subprocess.PIPE)
