"""Floods an API as hostile clients do, and measures what others notice."""

import argparse
import gzip
import json
import multiprocessing
import os
import resource
import socket
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from celeriac.access.secret import new_secret
from celeriac.stack.valkey import Valkey
from lab.harness.memory import peak_bytes, resident_bytes
from lab.harness.servers import API, running_api

MEGABYTE = 1_000_000
MOST_MILLISECONDS = 100.0
# What the API may have in memory beyond what it has when nothing happens.
MOST_MEGABYTES = 150
PAUSE_SECONDS = 0.02
ALONE_SECONDS = 0.5
# The flood has one key, and who notices it another one.
FLOODING, OTHER = new_secret(), new_secret()
HEAD = (
    "POST /add HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    f"Authorization: Bearer {FLOODING}\r\n"
).encode()
ADDITION = b'{"x": 4, "y": 5}'
SUBMISSION = HEAD + b"Content-Length: %d\r\n\r\n" % len(ADDITION) + ADDITION
ROUNDS = 3
CHUNK = b"10000\r\n" + b" " * 65_536 + b"\r\n"


@dataclass(frozen=True)
class Figures:
    """Of one flood: how long another's requests took before and meanwhile, in milliseconds, and how much memory the API had more, in megabytes."""

    name: str
    alone: float
    median: float
    longest: float
    answers: int
    grown: float

    @property
    def is_fine(self) -> bool:
        """Whether both stay below their bounds."""
        return self.median < MOST_MILLISECONDS and self.grown < MOST_MEGABYTES


def idle(api: API, amount: int) -> None:
    """So many connections that send nothing; each that the server cuts off is made anew."""
    with ExitStack() as stack:
        for _ in range(amount):
            connect(api, stack)
        time.sleep(1)


def slow_loris(api: API, amount: int) -> None:
    """Heads that never end, a header at a time."""
    with ExitStack() as stack:
        slow = [connect(api, stack) for _ in range(amount)]
        for _ in range(10):
            for connection in slow:
                with suppress(OSError):
                    connection.send(b"GET / HTTP/1.1\r\nX: y\r\n")


def endless_body(api: API, amount: int) -> None:
    """So many megabytes in chunks, however soon it is refused."""
    with ExitStack() as stack:
        connection = connect(api, stack)
        with suppress(OSError):
            connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
            for _ in range(amount * MEGABYTE // len(CHUNK)):
                connection.sendall(CHUNK)


def bombs(api: API, amount: int) -> None:
    """Bodies that are a gigabyte once they are decompressed; here, they are refused unread."""
    bomb = gzip.compress(b" " * MEGABYTE * 100)
    for _ in range(amount):
        send(api, HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb) + bomb)


def deep(api: API, amount: int) -> None:
    """A million brackets, again and again; most of them are beyond the largest body, the rest are not read on."""
    for body in (b"[" * 1_000_000, b'{"x":' + b"[" * 500_000 + b"]" * 500_000 + b"}"):
        for _ in range(amount):
            send(api, HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)


def one_key(api: API, amount: int) -> None:
    """So many connections of one key, each of which submits a task at the same moment, and again when all are answered."""
    with ExitStack() as stack:
        connections = [connect(api, stack) for _ in range(amount)]
        for _ in range(ROUNDS):
            for connection in connections:
                connection.sendall(SUBMISSION)
            for connection in connections:
                connection.recv(65_536)


def live(client: httpx.Client) -> None:
    """Ask whether the API lives."""
    client.get("/livez").raise_for_status()


def submit(client: httpx.Client) -> None:
    """Submit a task of another owner."""
    client.post("/add", content=ADDITION).raise_for_status()


@dataclass(frozen=True)
class Flood:
    """A flood, how much of it: in full and for a test, and what somebody else asks meanwhile."""

    run: Callable[[API, int], None]
    much: int
    little: int
    ask: Callable[[httpx.Client], None] = live


FLOODS = {
    "idle connections": Flood(idle, 10_000, 300),
    "slow loris": Flood(slow_loris, 1_000, 100),
    "megabytes in chunks": Flood(endless_body, 2_000, 50),
    "compressed bombs": Flood(bombs, 50, 3),
    "a million brackets": Flood(deep, 10, 1),
    "submissions of a key": Flood(one_key, 10_000, 300, submit),
}


@contextmanager
def api_with_keys(directory: Path, redis_url: str) -> Iterator[API]:
    """An API that knows both keys."""
    secrets = {"flooding": FLOODING, "other": OTHER}
    keys = [{"name": name, "key": secret, "scopes": ["submit"]} for name, secret in secrets.items()]
    file = directory / "keys-of-the-flood.json"
    file.write_text(json.dumps({"keys": keys}))
    with running_api(directory, redis_url=redis_url, keys_file=file) as api:
        yield api


def connect(api: API, stack: ExitStack) -> socket.socket:
    """A connection that is closed in the end."""
    connection = socket.create_connection(("127.0.0.1", api.port), timeout=30)
    return stack.enter_context(connection)


def send(api: API, request: bytes) -> None:
    """Send all of it, and read what is answered."""
    with ExitStack() as stack, suppress(OSError):
        connection = connect(api, stack)
        connection.sendall(request)
        connection.recv(65_536)


@contextmanager
def asking(api: API, ask: Callable[[httpx.Client], None]) -> Iterator[list[float]]:
    """Meanwhile somebody else asks this, over a connection of the first hour; how many milliseconds each answer took."""
    took: list[float] = []
    over = threading.Event()

    def go_on() -> None:
        headers = {"Authorization": f"Bearer {OTHER}", "Content-Type": "application/json"}
        with api.client() as client:
            client.headers.update(headers)
            while not over.wait(PAUSE_SECONDS):
                began = time.perf_counter()
                ask(client)
                took.append((time.perf_counter() - began) * 1_000)

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield took
        while thread.is_alive() and not took:
            time.sleep(PAUSE_SECONDS)
    finally:
        over.set()
        thread.join()


def run_apart(run: Callable[[API, int], None], api: API, amount: int) -> None:
    """In a process of its own: in this one, what it does would delay whoever asks."""
    process = multiprocessing.get_context("fork").Process(target=run, args=(api, amount))
    process.start()
    process.join()
    if process.exitcode:
        raise RuntimeError(f"The flood ended with {process.exitcode}; its error is above.")


def measure(api: API, name: str, *, is_short: bool) -> Figures:
    """Flood, and look."""
    flood = FLOODS[name]
    with asking(api, flood.ask) as alone:
        time.sleep(ALONE_SECONDS)
    before = resident_bytes(api.pid)
    peak_bytes(api.pid, anew=True)
    with asking(api, flood.ask) as took:
        run_apart(flood.run, api, flood.little if is_short else flood.much)
    grown = (peak_bytes(api.pid) - before) / MEGABYTE
    return Figures(name, statistics.median(alone), statistics.median(took), max(took), len(took), grown)


def main() -> int:
    """Print a line for each flood; the exit code is 1 where one is beyond a bound."""
    parser = argparse.ArgumentParser(description="Floods an API, and measures what others notice.")
    parser.add_argument("--only", choices=FLOODS, action="append", help="one of the floods")
    parser.add_argument("--short", action="store_true", help="a small part of each")
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with TemporaryDirectory(prefix="celeriac-hostile-") as place:
        directory = Path(place)
        with Valkey(directory / "valkey") as valkey, api_with_keys(directory, valkey.url) as api:
            return report([measure(api, name, is_short=options.short) for name in options.only or FLOODS])


def report(all_figures: list[Figures]) -> int:
    """Write a table."""
    sys.stdout.write(
        f"{'flood':<22}{'other, alone':>14}{'meanwhile':>12}{'longest':>12}{'answers':>9}{'memory':>12}\n"
    )
    for figures in all_figures:
        sys.stdout.write(
            f"{figures.name:<22}{figures.alone:>11.1f} ms{figures.median:>9.1f} ms{figures.longest:>9.1f} ms{figures.answers:>9}"
            f"{figures.grown:>9.1f} MB\n"
        )
    sys.stdout.write("The other asks /livez, and submits a task during the submissions of a key.\n")
    bounds = (
        f"the other below {MOST_MILLISECONDS:.0f} ms in the median, memory below {MOST_MEGABYTES} MB more"
    )
    is_fine = all(figures.is_fine for figures in all_figures)
    sys.stdout.write(
        f"{'Within' if is_fine else 'BEYOND'} the bounds: {bounds}. {os.cpu_count()} processors.\n"
    )
    return 0 if is_fine else 1


if __name__ == "__main__":
    sys.exit(main())
