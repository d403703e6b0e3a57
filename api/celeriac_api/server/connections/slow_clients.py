"""Cuts off clients that are too slow to send or to read.

uvicorn has a timer between two requests and none within one. Here one look at all connections, every other second, takes the
place of a timer for each request: what has not changed since an earlier look has taken that long.

Upstream: https://github.com/Kludex/uvicorn/issues/157.
"""

import asyncio
import sys
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from celeriac.settings import Settings
from celeriac_api.server.connections.client import Client, is_answered

# A body may take a second more for each of these that have come: 20 s and 3.5 minutes for a megabyte.
SLOWEST_BYTES_PER_SECOND = 5_000
# Of a body that nobody wants any more, as the answer is sent.
MOST_UNWANTED_BYTES = 4_194_304
# Who does not read may have gone through a tunnel.
PATIENCE_WITH_READERS = 3
LONGEST_TICK_SECONDS = 2.0
# For what is no client's: Redis, files, programs.
RESERVED_FILES = 256
MOST_FILES = 65_536
TIMED_OUT = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Look(NamedTuple):
    """What a connection did when it was looked at: what it waits for and since when, what is unsent and since when."""

    awaited: object
    since: float
    bytes_then: int
    unsent: int
    unsent_since: float


class SlowClients:
    """Looks at the connections of one server for as long as there are any."""

    def __init__(self, connections: set[Client], *, seconds: float, most: int) -> None:
        """`seconds` for a head, for a body beside its bytes, and a third of what reading may pause. `most` at once."""
        self._connections = connections
        self._seconds = seconds
        self._most = most
        self._looks: dict[Client, Look] = {}
        self._timer: asyncio.TimerHandle | None = None

    def enter(self) -> None:
        """A connection was made: begin to look, and make room for it."""
        if self._timer is None:
            self._wait()
        if len(self._connections) > self._most:
            self._make_room()

    def _wait(self) -> None:
        tick = min(LONGEST_TICK_SECONDS, self._seconds / 10)
        self._timer = asyncio.get_running_loop().call_later(tick, self._look_at_all)

    def _look_at_all(self) -> None:
        now = asyncio.get_running_loop().time()
        self._timer = None
        looks = {client: _look(client, self._looks.get(client), now) for client in self._connections}
        self._looks = looks
        for client, look in looks.items():
            self._judge(client, look, now)
        if looks:
            self._wait()

    def _judge(self, client: Client, look: Look, now: float) -> None:
        if look.unsent and now - look.unsent_since > PATIENCE_WITH_READERS * self._seconds:
            client.transport.abort()
        elif look.awaited is not None and not client.transport.is_closing():
            came = client.body_bytes - look.bytes_then
            if is_answered(client) and client.cycle and client.cycle.more_body:
                if came > MOST_UNWANTED_BYTES or now - look.since > self._seconds:
                    client.transport.close()
            elif now - look.since > self._seconds + came / SLOWEST_BYTES_PER_SECOND:
                _time_out(client)

    def _make_room(self) -> None:
        """Close the oldest connections without a complete request; those that wait for an answer stay."""
        now = asyncio.get_running_loop().time()
        waiting = [client for client in self._connections if is_answered(client)]
        waiting.sort(key=lambda client: self._looks[client].since if client in self._looks else now)
        for client in waiting[: max(1, self._most // 100)]:
            client.transport.close()


_watches: WeakKeyDictionary[Any, SlowClients] = WeakKeyDictionary()


def watch_of(server: Any, connections: set[Any]) -> SlowClients:
    """That of this server, made at its first connection, as the settings say."""
    watch = _watches.get(server)
    if watch is None:
        seconds = Settings.read().client_timeout.total_seconds()
        watch = SlowClients(connections, seconds=seconds, most=max(64, allowed_files() - RESERVED_FILES))
        _watches[server] = watch
    return watch


def allowed_files() -> int:
    """How many files this process may have open; as many as it can be given, from now on. Each connection is one."""
    if sys.platform == "win32":
        return MOST_FILES
    import resource  # noqa: PLC0415 - there is none on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return max(soft, most)


def _awaited(client: Client) -> object:
    """What has to come from the client, as an object that changes with each request; None while it waits for us."""
    if is_answered(client):
        return client.cycle or client if client.timeout_keep_alive_task is None else None
    return client.cycle if client.cycle.more_body and not client.flow.read_paused else None


def _look(client: Client, before: Look | None, now: float) -> Look:
    awaited, unsent = _awaited(client), client.transport.get_write_buffer_size()
    since, bytes_then, unsent_since = now, client.body_bytes, now
    if before is not None and before.awaited is awaited:
        since, bytes_then = before.since, before.bytes_then
    if before is not None and 0 < before.unsent <= unsent:
        unsent_since = before.unsent_since
    return Look(awaited, since, bytes_then, unsent, unsent_since)


def _time_out(client: Client) -> None:
    """Its request has not begun to be answered, if there is one."""
    if is_answered(client) or not client.cycle.response_started:
        client.transport.write(TIMED_OUT)
    client.transport.close()
