"""Clients that do not read their stream cost little, and lose nothing silently."""

import fcntl
import socket
import struct
import termios
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from celeriac.stack.valkey import Valkey
from lab.harness.servers import API, running_api
from lab.harness.waiting import wait_until
from tests.http.events.test_events import watch
from tests.support.door import Document, document, run
from tests.support.marks import linux_only

MEGABYTE = 1_000_000
READERS = 200
# More than the system's buffers of a connection hold.
LINES, CHARACTERS = 900, 65_000

pytestmark = linux_only


@pytest.fixture(scope="module")
def told(client: httpx.Client) -> Document:
    """A task that has said 60 MB."""
    return run(client, "tell_at_length", lines=LINES, characters=CHARACTERS)


def resident_bytes(api: API) -> int:
    """What the process has in memory."""
    return int(Path(f"/proc/{api.pid}/statm").read_text().split()[1]) * 4096


def unread_bytes(connection: socket.socket) -> int:
    """How much of the answer waits in the system's buffer of the client."""
    (count,) = struct.unpack("i", fcntl.ioctl(connection, termios.FIONREAD, b"\0" * 4))
    return int(count)


@contextmanager
def unread(api: API, path: str, last_ids: Sequence[str] = ("",)) -> Iterator[list[socket.socket]]:
    """Streams that nobody reads, each from after one of these ids; each has been sent as much as the system takes."""
    with ExitStack() as stack:
        connections = []
        for last_id in last_ids:
            connection = stack.enter_context(socket.socket())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
            connection.connect(("127.0.0.1", api.port))
            connection.sendall(
                f"GET {path} HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: {last_id}\r\n\r\n".encode()
            )
            connections.append(connection)
        wait_until(lambda: all(map(unread_bytes, connections)), 60, what="an answer to each")
        yield connections


def settled(api: API, connections: list[socket.socket]) -> int:
    """How much memory the process has once none of these connections takes any more."""
    seen: list[tuple[int, int]] = []

    def is_still() -> bool:
        seen.append((sum(map(unread_bytes, connections)), resident_bytes(api)))
        return len(seen) > 100 and len({taken for taken, _ in seen[-100:]}) == 1

    wait_until(is_still, 120, what="all buffers being full")
    return max(resident for _, resident in seen)


def events_after(connection: socket.socket) -> list[str]:
    """The kinds of all events that are still to come, read to the end."""
    connection.settimeout(60)
    kinds = []
    with connection.makefile("rb") as answer:
        for line in answer:
            if line.startswith(b"event: "):
                kinds.append(line.removeprefix(b"event: ").decode().strip())
            if kinds and kinds[-1] in ("done", "gone") and line == b"\r\n":
                return kinds
    return kinds


@pytest.mark.parametrize("places", [1, READERS])
def test_two_hundred_who_do_not_read_take_less_than_100_megabytes(
    places: int, client: httpx.Client, told: Document, valkey: Valkey, directory: Path
) -> None:
    ids = ["", *(event.id for event in watch(client, told["links"]["events"]))]
    with running_api(directory, redis_url=valkey.url) as api, api.client() as other:
        assert other.get("/readyz").status_code == 200
        before = resident_bytes(api)
        with unread(api, told["links"]["events"], ids[:places] * (READERS // places)) as connections:
            assert settled(api, connections) - before < 100 * MEGABYTE


def test_who_reads_late_is_told_all_the_same(api: API, told: Document) -> None:
    with unread(api, told["links"]["events"]) as (connection,):
        kinds = events_after(connection)
    assert kinds.count("log") == LINES
    assert kinds[-1] == "done"


def test_a_stream_whose_task_is_deleted_meanwhile_ends_with_an_event_that_says_so(
    client: httpx.Client, api: API
) -> None:
    task = run(client, "tell_at_length", lines=500, characters=CHARACTERS)
    with unread(api, task["links"]["events"]) as (connection,):
        settled(api, [connection])
        assert client.delete(task["links"]["self"]).status_code == 204
        assert events_after(connection)[-1] == "gone"
    assert document(client.get(task["links"]["self"]))["status"] == 410
    assert "Traceback" not in api.log
