"""Clients that are too slow are cut off, and those that wait are not."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from redis import Redis

from lab.harness.servers import API, running_api
from lab.harness.waiting import wait_until
from tests.support.door import submit
from tests.support.stored import stored

SECONDS, LARGE = 1.0, 9_000_000
POST = b"POST /add HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
INPUT = b'{"x": 1, "y": 2}'
# What is sent, then sent again and again, a piece each time.
SLOW = {
    "nothing": (b"", b""),
    "half a line": (b"GET /li", b""),
    "a header at a time": (b"GET /livez HTTP/1.1\r\nHost: localhost\r\n", b"X: y\r\n"),
    "a head without its end": (POST + b"Content-Length: 16\r\n", b""),
    "no body": (POST + b"Content-Length: 16\r\n\r\n", b""),
    "a byte of the body at a time": (POST + b"Content-Length: 1000\r\n\r\n" + b'{"x"', b" "),
    "a chunk at a time": (POST + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "a chunk that never comes": (POST + b"Transfer-Encoding: chunked\r\n\r\nFFFF\r\n", b""),
    "another request, half of it": (b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\nGET /livez HTT", b""),
    "a body that nobody wants": (
        b"POST /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 90000\r\n\r\n",
        b"x",
    ),
}


@pytest.fixture(scope="module")
def hasty_url(new_database: Callable[[], str]) -> str:
    """The database of that API."""
    return new_database()


@pytest.fixture(scope="module")
def hasty(hasty_url: str, directory: Path) -> Iterator[API]:
    """An API that gives its clients a second."""
    with running_api(
        directory, "--timeout-keep-alive", "2", redis_url=hasty_url, client_timeout=SECONDS
    ) as api:
        yield api


@pytest.fixture(scope="module")
def hasty_redis(hasty_url: str) -> Iterator[Redis]:
    """A client of its database."""
    with Redis.from_url(hasty_url) as client:
        yield client


def connect(api: API, stack: ExitStack) -> socket.socket:
    """A connection to it."""
    connection = stack.enter_context(socket.create_connection(("127.0.0.1", api.port), timeout=60))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def is_cut(connection: socket.socket, more: bytes) -> bool:
    """Whether the server has let go of it, after one more piece; what it has answered is read."""
    connection.settimeout(0)
    try:
        if more:
            connection.send(more)
        return not connection.recv(65_536)
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def test_who_is_slow_to_send_is_cut_off_and_leaves_nothing(hasty: API, hasty_redis: Redis) -> None:
    with ExitStack() as stack:
        slow = {name: connect(hasty, stack) for name in SLOW}
        for name, connection in slow.items():
            connection.sendall(SLOW[name][0])
        left = set(slow)

        def all_are_cut() -> bool:
            time.sleep(0.05)
            left.difference_update({name for name in left if is_cut(slow[name], SLOW[name][1])})
            return not left

        wait_until(all_are_cut, 60, what="the end of every connection")
    assert not stored(hasty_redis)


def test_a_late_body_is_answered_408_and_one_that_keeps_coming_is_accepted(hasty: API) -> None:
    with ExitStack() as stack:
        late = connect(hasty, stack)
        late.sendall(POST + b"Content-Length: 16\r\n\r\n")
        assert late.makefile("rb").readline() == b"HTTP/1.1 408 Request Timeout\r\n"
        steady = connect(hasty, stack)
        size, begun = 60_000, time.monotonic()
        steady.sendall(POST + b"Content-Length: %d\r\n\r\n" % size + INPUT.ljust(20_000))
        for _ in range(40):
            steady.sendall(b" " * 1_000)
            time.sleep(max(0.0, SECONDS * 2 / 40))  # twice the timeout, and more than the slowest rate
        assert time.monotonic() - begun > SECONDS
        assert steady.makefile("rb").readline() == b"HTTP/1.1 202 Accepted\r\n"


def test_who_waits_for_an_answer_or_asks_again_is_not_cut_off(hasty: API) -> None:
    with hasty.client() as client:
        task = submit(client, "unserved", x=1)
        begun = time.monotonic()
        assert client.get(task["links"]["self"], params={"wait": 3}).status_code == 200
        assert time.monotonic() - begun > 2 * SECONDS
        assert client.get("/livez").status_code == 200


def test_who_does_not_read_a_large_answer_is_cut_off(hasty: API, hasty_redis: Redis) -> None:
    with hasty.client() as client:
        task = submit(client, "unserved", x=1)
    with ExitStack() as stack:
        hasty_redis.set(f"celery-task-meta-{task['task_id']}", large_document(task["task_id"]))
        connection = stack.enter_context(socket.socket())
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        connection.connect(("127.0.0.1", hasty.port))
        connection.sendall(b"GET %b HTTP/1.1\r\nHost: localhost\r\n\r\n" % task["links"]["self"].encode())
        wait_until(lambda: not open_connections(hasty), 60, what="the end of the connection")
        assert 0 < readable_bytes(connection) < LARGE


def large_document(task_id: str) -> str:
    """Of a result that no buffer of the system holds."""
    result = "x" * LARGE
    return (
        f'{{"status": "SUCCESS", "result": "{result}", "traceback": null, "children": [], '
        f'"date_done": "2026-05-01T12:00:00+00:00", "task_id": "{task_id}"}}'
    )


def open_connections(api: API) -> int:
    """How many it has, but for those to Redis."""
    lines = Path(f"/proc/{api.pid}/net/tcp").read_text().splitlines()[1:]
    return sum(line.split()[1].endswith(f":{api.port:04X}") and line.split()[3] == "01" for line in lines)


def readable_bytes(connection: socket.socket) -> int:
    """How much comes before the end."""
    connection.settimeout(60)
    size = 0
    with suppress(ConnectionError):
        while part := connection.recv(1_000_000):
            size += len(part)
    return size
