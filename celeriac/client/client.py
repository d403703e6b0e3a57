"""The clients, and their handles of tasks; celeriac/client/calls/ describes what they can do."""

import asyncio
import os
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Self, TypeVar
from uuid import UUID

import httpx

from celeriac.client.calls.handle import Handle
from celeriac.client.calls.keys import Keys
from celeriac.client.calls.many.batch_handle import BatchHandle
from celeriac.client.calls.many.batches import Batches
from celeriac.client.calls.many.chains import Chains
from celeriac.client.calls.operating.limits import Limits
from celeriac.client.calls.operating.queues import Queues
from celeriac.client.calls.outcome import Value
from celeriac.client.calls.schedules import Schedules
from celeriac.client.calls.service import Service
from celeriac.client.calls.submitting import Submitting
from celeriac.client.calls.tasks import Tasks
from celeriac.client.calls.webhooks import Webhooks
from celeriac.client.connection import EventHooks, async_http, connection_to, refuse_both, sync_http
from celeriac.client.documents import BatchDocument, TaskDocument
from celeriac.client.flow.async_driver import AsyncDriver
from celeriac.client.flow.call import Async, Sync
from celeriac.client.flow.sync_driver import SyncDriver

TIMEOUT_SECONDS = 30.0
# What a client made without arguments depends on.
VARIABLES = ("CELERIAC_URL", "CELERIAC_KEY", "CELERIAC_PROFILE", "CELERIAC_CONFIG")

Converted = TypeVar("Converted")
# Before its first answer, the address may be wrong, or nobody has started the API: then an error soon is better.
FIRST_SECONDS = 3.0


class Calls(Submitting, Chains, Batches, Tasks, Schedules, Webhooks, Queues, Limits, Keys, Service):
    """All that can be asked of the API."""

    _longest_away: float | None

    @property
    def _driver(self) -> SyncDriver | AsyncDriver:
        raise NotImplementedError

    @property
    def _away(self) -> float:
        if self._longest_away is not None:
            return self._longest_away
        return self._timeout if self._driver.has_answered else min(self._timeout, FIRST_SECONDS)


class Task(Handle[Value], Sync["Task[Value]"]):
    """A task by its id. It is pickled as its id, and then belongs to a client made from the environment."""

    _client: "Client | None"

    @property
    def _of(self) -> "Client":
        return self._client or default_client(*_place())

    @property
    def _driver(self) -> SyncDriver:
        return self._of._driver  # noqa: SLF001 - its own client does what it asks for

    def converted(self, convert: Callable[[Any], Converted]) -> "Task[Converted]":
        """A handle of the same task, whose `result` is what this function makes of the JSON value."""
        return Task(self._client, self.id, self._document, convert)

    def __reduce__(self) -> Any:
        return Task, (None, self.id)


class AsyncTask(Handle[Value], Async["AsyncTask[Value]"]):
    """A task by its id. It is pickled as its id, and then belongs to a client made from the environment."""

    _client: "AsyncClient | None"

    @property
    def _of(self) -> "AsyncClient":
        return self._client or default_async_client(asyncio.get_running_loop(), *_place())

    @property
    def _driver(self) -> AsyncDriver:
        return self._of._driver  # noqa: SLF001 - its own client does what it asks for

    def converted(self, convert: Callable[[Any], Converted]) -> "AsyncTask[Converted]":
        """A handle of the same task, whose `result` is what this function makes of the JSON value."""
        return AsyncTask(self._client, self.id, self._document, convert)

    def __reduce__(self) -> Any:
        return AsyncTask, (None, self.id)


class Batch(BatchHandle, Sync["Batch"]):
    """A batch by its id."""

    _client: "Client"

    @property
    def _driver(self) -> SyncDriver:
        return self._client._driver  # noqa: SLF001 - its own client does what it asks for


class AsyncBatch(BatchHandle, Async["AsyncBatch"]):
    """A batch by its id."""

    _client: "AsyncClient"

    @property
    def _driver(self) -> AsyncDriver:
        return self._client._driver  # noqa: SLF001 - its own client does what it asks for


class Client(Sync[Task[Any], Batch], Calls):
    """A client of one API, for threads: all of them can share it."""

    def __init__(  # noqa: PLR0913 - each is an option, and most users give one
        self,
        base_url: str | httpx.URL | None = None,
        *,
        key: str | None = None,
        profile: str | None = None,
        timeout: float = TIMEOUT_SECONDS,
        away: float | None = None,
        http: httpx.Client | None = None,
        transport: httpx.BaseTransport | None = None,
        headers: Mapping[str, str] | None = None,
        event_hooks: EventHooks | None = None,
    ) -> None:
        """Without arguments: the API of `CELERIAC_URL` and the key of `CELERIAC_KEY`, or those of the default profile.

        `timeout` is for each call with all its retries, in seconds. `away` is for how many seconds a call is tried again while
        the API does not answer, also one that waits for a task (None: as `timeout`, and 3 before the first answer). `http` is an HTTP client of your own,
        which stays open; or else `transport` and `event_hooks` are for the one that is made. `headers` go along with every request.
        """
        refuse_both(http, transport=transport, event_hooks=event_hooks)
        connection = connection_to(base_url, key=key, profile=profile, http=http)
        self.base_url = connection.base_url
        self._timeout, self._longest_away = timeout, away
        self._own = http is None
        if http is None:
            http = sync_http(connection, transport, event_hooks)
        self._requests = SyncDriver(http, connection.wire(headers))

    @property
    def _driver(self) -> SyncDriver:
        return self._requests

    def task(self, task_id: str | UUID, /) -> Task[Any]:
        """The handle of a task, which is not read yet."""
        return self.handle(str(task_id))

    def handle(self, task_id: str, document: TaskDocument | None = None) -> Task[Any]:
        """The handle of a task with this document."""
        return Task(self, task_id, document)

    def batch_handle(self, document: BatchDocument) -> Batch:
        """The handle of a batch with this document."""
        return Batch(self, document)

    def close(self) -> None:
        """Close the connections. An HTTP client of your own stays open."""
        if self._own:
            self._requests.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Client {self.base_url}>"


class AsyncClient(Async[AsyncTask[Any], AsyncBatch], Calls):
    """A client of one API, for the coroutines of one event loop of asyncio: all of them can share it."""

    def __init__(  # noqa: PLR0913 - each is an option, and most users give one
        self,
        base_url: str | httpx.URL | None = None,
        *,
        key: str | None = None,
        profile: str | None = None,
        timeout: float = TIMEOUT_SECONDS,
        away: float | None = None,
        http: httpx.AsyncClient | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        headers: Mapping[str, str] | None = None,
        event_hooks: EventHooks | None = None,
    ) -> None:
        """As for `Client`."""
        refuse_both(http, transport=transport, event_hooks=event_hooks)
        connection = connection_to(base_url, key=key, profile=profile, http=http)
        self.base_url = connection.base_url
        self._timeout, self._longest_away = timeout, away
        self._own = http is None
        if http is None:
            http = async_http(connection, transport, event_hooks)
        self._requests = AsyncDriver(http, connection.wire(headers))

    @property
    def _driver(self) -> AsyncDriver:
        return self._requests

    def task(self, task_id: str | UUID, /) -> AsyncTask[Any]:
        """The handle of a task, which is not read yet."""
        return self.handle(str(task_id))

    def handle(self, task_id: str, document: TaskDocument | None = None) -> AsyncTask[Any]:
        """The handle of a task with this document."""
        return AsyncTask(self, task_id, document)

    def batch_handle(self, document: BatchDocument) -> AsyncBatch:
        """The handle of a batch with this document."""
        return AsyncBatch(self, document)

    async def close(self) -> None:
        """Close the connections. An HTTP client of your own stays open."""
        if self._own:
            await self._requests.http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<AsyncClient {self.base_url}>"


@lru_cache(maxsize=1)
def default_client(*_place: object) -> Client:
    """The client of tasks that were unpickled: one for this process, and for this environment."""
    return Client()


@lru_cache(maxsize=1)
def default_async_client(*_place: object) -> AsyncClient:
    """The same for an event loop."""
    return AsyncClient()


def _place() -> tuple[object, ...]:
    """What the connections of a default client depend on."""
    return os.getpid(), *map(os.environ.get, VARIABLES)
