"""Replaces the worker and the API by processes that have loaded the saved tasks.

The next worker and API wait, with everything imported but the tasks. Both APIs accept connections of one socket, so that none
is refused.
"""

import asyncio
import time
from collections.abc import Callable
from socket import socket

from celeriac.settings import Settings
from celeriac.stack.processes.part import Child
from celeriac.stack.processes.ports import bound_socket
from celeriac.stack.processes.readiness import wait_until
from celeriac.stack.processes.supervisor import Supervisor
from celeriac.stack.standby import Standby
from celeriac.stack.worker_and_api import MARGIN, environment, wait_for_api, wait_for_worker

POLL_SECONDS = 0.01
# A longer grace of a service delays no reload.
LONGEST_STOP_SECONDS = 2.0


class Reloading:
    """The worker and the API of one stack, and those that follow them."""

    def __init__(self, settings: Settings, supervisor: Supervisor, redis_url: str | None) -> None:
        """Start the processes of the first version. `redis_url` is that of our own Valkey; without it, the settings say which Redis."""
        self._settings = settings
        self._supervisor = supervisor
        self._redis_url = redis_url
        self._socket: socket = bound_socket(settings.host, settings.port)
        self._ending: set[asyncio.Task[None]] = set()
        self._prepare()

    async def load(self) -> str | None:
        """Load the tasks as they are now; the reason why that is impossible, in one sentence, or None."""
        # The API refuses more: what it would have to import as well.
        reasons = await asyncio.gather(self._next_api.load(), self._next_worker.load())
        refusal = next(filter(None, reasons), None)
        if refusal is not None:
            await asyncio.gather(self._next_worker.end(), self._next_api.end())
            self._prepare()
        return refusal

    async def start(self) -> None:
        """Start both with what was loaded, and return when they are ready."""
        self._worker, self._api = self._next_worker.start(), self._next_api.start()
        await asyncio.gather(wait_for_worker(self._worker), wait_for_api(self._api, self._settings))
        self._prepare()

    async def replace(self) -> None:
        """Start both anew with what was loaded, and return when they are ready; the old worker returns its running tasks.

        The new API starts when the old worker takes no more tasks, because it may not know their definitions.
        """
        old_worker, old_api = self._worker, self._api
        if self._ending:
            await asyncio.wait(self._ending)
        self._end(old_worker)
        self._worker = self._next_worker.start()
        await _until(lambda: old_worker.has_said("Cold shutdown") or old_worker.process.poll() is not None)
        self._api = self._next_api.start()
        await asyncio.gather(wait_for_worker(self._worker), asyncio.to_thread(_wait_for_new_api, self._api))
        self._end(old_api)
        await _until(lambda: old_api.has_said("Shutting down") or old_api.process.poll() is not None)
        self._prepare()

    def _end(self, child: Child) -> None:
        ending = asyncio.create_task(self._supervisor.end(child))
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)

    def _prepare(self) -> None:
        settings, fd = self._settings, self._socket.fileno()
        tasks, variables = settings.tasks, environment(self._redis_url)
        self._next_worker = Standby(
            "worker",
            "celeriac_worker",
            tasks,
            supervisor=self._supervisor,
            environment=variables,
            grace=settings.shutdown_grace + MARGIN,
        )
        self._next_api = Standby(
            "api",
            "celeriac_api",
            tasks,
            supervisor=self._supervisor,
            environment=variables,
            grace=settings.api_grace + MARGIN,
            # Its log says when it serves: an answer could come from the API before it.
            options=("--fd", str(fd), "--log-level", "info"),
            keep_open=(fd,),
        )


def _wait_for_new_api(api: Child) -> None:
    wait_until(lambda: api.has_said("Application startup complete."), name="The API", process=api.process)


async def _until(condition: Callable[[], bool]) -> None:
    """Return when this is true, or after `LONGEST_STOP_SECONDS`."""
    await asyncio.to_thread(_wait, condition)


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONGEST_STOP_SECONDS
    while not condition() and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
