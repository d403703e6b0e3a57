"""No hostile request gets more than an answer: no task, no memory."""

import json
import re
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest
from redis import Redis

from lab.harness.memory import resident_bytes
from tests.http.access.keys import Locked, bearer, locked_api
from tests.http.hostile.case import CUT, Case
from tests.http.hostile.identity import authentication, foreign_objects, functions, objects
from tests.http.hostile.input import consumption, flows, properties
from tests.http.hostile.stored import unsafe
from tests.http.hostile.surface import inventory, misconfiguration, other_hosts

CASES: list[Case] = [
    *objects(),
    *foreign_objects(),
    *authentication(),
    *properties(),
    *consumption(),
    *functions(),
    *flows(),
    *other_hosts(),
    *misconfiguration(),
    *inventory(),
    *unsafe(),
]
# With room for a machine that has much else to do; most take a millisecond.
DEADLINE_SECONDS = 20.0
MEGABYTE = 1_000_000
MOST_GROWTH = 60 * MEGABYTE
LEAKS = re.compile(rb"Traceback|site-packages|File \"|redis\.exceptions|/root/|/usr/lib|evil\.example\"")


class Target:
    """An API that needs keys, its Redis, and a queued task of its admin's."""

    def __init__(self, locked: Locked, redis: Redis) -> None:
        """Warmed up: what it has in memory now is the least that it needs."""
        self.locked, self.redis = locked, redis
        self.task_id = self.submit()
        for case in CASES[:: len(CASES) // 20]:
            exchange(locked, self.fill(case.request), half_closes=case.half_closes)
        self.memory = resident_bytes(self.pid)

    @property
    def pid(self) -> int:
        """Of the API."""
        return self.locked.pid

    def submit(self) -> str:
        """The id of a new task."""
        headers = bearer(self.locked.secrets["has-admin"])
        answer = self.locked.client.put(
            f"/tasks/{uuid4()}", json={"name": "add", "input": {"x": 4, "y": 5}}, headers=headers
        )
        return str(answer.json()["task_id"])

    def fill(self, request: bytes) -> bytes:
        """The request, with ids and secrets in their places."""
        secrets = {**self.locked.secrets, "admin": self.locked.secrets["has-admin"]}
        for name, secret in secrets.items():
            for kind, value in (("key", secret), ("cut", secret[:-3]), ("lower", secret.lower())):
                request = request.replace(f"{{{kind}:{name}}}".encode(), value.encode())
        return request.replace(b"{mine}", self.task_id.encode())

    def tasks(self) -> tuple[int, int]:
        """How many are known, and how many are queued."""
        return int(self.redis.zcard("celeriac:tasks")), int(self.redis.llen("default"))


@pytest.fixture(scope="module")
def target(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """One for all cases."""
    url = new_database()
    with locked_api(url, tmp_path_factory.mktemp("hostile")) as locked, Redis.from_url(url) as redis:
        yield Target(locked, redis)


def exchange(locked: Locked, request: bytes, *, half_closes: bool = False) -> bytes:
    """The answer to these bytes, up to the end of the connection or of the answer; nothing where it was cut."""
    address = (locked.client.base_url.host, locked.client.base_url.port or 80)
    with socket.create_connection(address, timeout=DEADLINE_SECONDS) as connection:
        with suppress(ConnectionError):
            connection.sendall(request)
        if half_closes:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
        answer = b""
        with suppress(ConnectionError):
            while part := connection.recv(65_536):
                answer += part
        return answer


def status_of(answer: bytes) -> int:
    """Of the first answer of these."""
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.") else CUT


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.group} {case.name}")
def test_it_is_refused_at_once_and_leaves_nothing(
    case: Case, target: Target, record_property: Callable[[str, object], None]
) -> None:
    if case.prepare is not None:
        target.task_id = target.submit()
        case.prepare(target.redis, target.task_id)
    before, began = target.tasks(), time.monotonic()
    answer = exchange(target.locked, target.fill(case.request), half_closes=case.half_closes)
    took, status = time.monotonic() - began, status_of(answer)
    record_property("hostile", f"{case.group} {status or 'cut'}")
    assert status in case.allowed, answer[:2_000]
    assert took < DEADLINE_SECONDS
    assert target.tasks() == before
    assert not LEAKS.search(answer)
    assert not case.must_not_contain or target.fill(case.must_not_contain) not in answer
    assert b"access-control-allow" not in answer.lower()
    assert b"INJECTED" not in answer.partition(b"\r\n\r\n")[0]
    if status >= 400 and b"application/problem+json" in answer:
        head, _, body = answer.partition(b"\r\n\r\n")
        length = int(re.findall(rb"content-length: (\d+)", head)[0])
        assert length < 12_000
        assert not body or json.loads(body[:length])["status"] == status


def test_the_table_has_each_of_the_top_ten_and_no_name_twice() -> None:
    groups = Counter(case.group for case in CASES)
    assert len(CASES) >= 250
    assert groups.keys() == {f"API{number}" for number in range(1, 11)}
    assert min(groups.values()) >= 15
    assert len({(case.group, case.name) for case in CASES}) == len(CASES)


def test_afterwards_memory_is_back_and_the_log_has_no_line_of_theirs(target: Target) -> None:
    assert target.locked.client.get("/livez").status_code == 200
    assert resident_bytes(target.pid) - target.memory < MOST_GROWTH
    log = target.locked.log
    assert not re.search(r"^.{0,3}INJECTED", log, re.MULTILINE)
    assert [name for name, secret in target.locked.secrets.items() if secret in log] == []
    assert Path("/etc/passwd").read_text().split(":")[0] + ":x:0" not in log
