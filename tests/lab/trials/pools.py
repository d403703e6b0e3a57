"""The pools on trial: stock workers and ours, with default settings."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol
from uuid import uuid4

import httpx

from lab.harness.program import Program
from lab.harness.servers import ALL_TASKS, running_api, running_worker
from lab.harness.waiting import wait_until
from tests.conformance.stock import CeleryProgram, running_program, running_stock_worker
from tests.lab.trials.place import LOOP_QUEUE, QUEUE, Place

TASKS = f"{ALL_TASKS},tests.lab.trials.loop_tasks"


class Pool(Protocol):
    """All that a trial needs to know of who is tried."""

    place: Place

    def worker(self) -> AbstractContextManager[Program]:
        """One more, that takes tasks."""

    def submit(self, name: str, /, **task_input: Any) -> str:
        """The id of a task that was accepted."""


class Stock:
    """Celery as it is, and a program that publishes with it."""

    def __init__(self, place: Place, program: CeleryProgram) -> None:
        """The program is told to publish."""
        self.place = place
        self._program = program

    def worker(self) -> AbstractContextManager[Program]:
        """As Celery's own tutorial starts it."""
        broker, results = self.place.urls(self.place.before_workers)
        return running_stock_worker(self.place.directory, redis_url=broker, results=results)

    def submit(self, name: str, /, **task_input: Any) -> str:
        """`apply_async`."""
        return str(self._program.do("publish", task=name, kwargs=task_input, options={}))


class Ours:
    """Celeriac."""

    def __init__(self, place: Place, door: httpx.Client, *, in_loops: bool) -> None:
        """The client is one of an API; with `in_loops`, all tasks are async."""
        self.place = place
        self._door, self._in_loops = door, in_loops

    def worker(self) -> AbstractContextManager[Program]:
        """A pool of two, or a loop."""
        broker, results = self.place.urls(self.place.before_workers)
        queue = LOOP_QUEUE if self._in_loops else QUEUE
        return running_worker(
            self.place.directory, "-Q", queue, broker_url=broker, result_backend=results, tasks=TASKS
        )

    def submit(self, name: str, /, **task_input: Any) -> str:
        """POST, again for as long as the answer is that Redis is away, or that it is in doubt."""
        headers = {"Idempotency-Key": str(uuid4())}
        path = f"{name}_in_loop" if self._in_loops else name

        def accepted() -> httpx.Response | None:
            response = self._door.post(f"/{path}", json=task_input, headers=headers)
            assert response.status_code in (202, 503), response.text
            return response if response.status_code == 202 else None

        return str(wait_until(accepted).json()["task_id"])


@contextmanager
def stock(place: Place) -> Iterator[Pool]:
    """Stock Celery at this place; no worker runs yet."""
    broker, results = place.urls(place.before_clients)
    with running_program(broker, results=results) as program:
        yield Stock(place, program)


@contextmanager
def ours(place: Place, *, in_loops: bool = False) -> Iterator[Pool]:
    """Celeriac at this place; no worker runs yet. With `in_loops`, all tasks are async."""
    broker, results = place.urls(place.before_clients)
    with (
        running_api(place.directory, broker_url=broker, result_backend=results, tasks=TASKS) as api,
        api.client() as door,
    ):
        yield Ours(place, door, in_loops=in_loops)
