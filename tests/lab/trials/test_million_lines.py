"""A million lines in one batch take the API no memory."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from celeriac.stack.valkey import Valkey
from lab.harness.memory import peak_bytes, resident_bytes
from lab.harness.servers import API, running_api
from tests.support.door import document
from tests.support.marks import linux_only

LINES = int(os.environ.get("TEST_LINES", "1000000"))
# What the process needs for a batch of any size, it has after this one.
FIRST = 20_000
MOST_GROWTH = 16 * 1024 * 1024
MIB = 1024 * 1024


@linux_only
@pytest.mark.trial
@pytest.mark.timeout(1800)
def test_a_million_lines_leave_the_memory_of_the_api_as_it_was(tmp_path: Path) -> None:
    with (
        Valkey(tmp_path / "valkey") as valkey,
        running_api(tmp_path, redis_url=valkey.url, max_queue_depth=2 * (FIRST + LINES)) as api,
        api.client() as client,
    ):
        _send(client, FIRST)
        before = resident_bytes(api.pid)
        peak_bytes(api.pid, anew=True)
        start = time.monotonic()
        _send(client, LINES)
        seconds = time.monotonic() - start
        _tell(api, before, seconds)
        assert resident_bytes(api.pid) - before < MOST_GROWTH
        assert peak_bytes(api.pid) - before < MOST_GROWTH


def _send(client: httpx.Client, count: int) -> None:
    headers = {"Content-Type": "application/x-ndjson"}
    batch = document(client.post("/batches", content=_lines(count), headers=headers, timeout=1800))
    assert batch["total"] == count


def _lines(count: int) -> Iterator[bytes]:
    for number in range(0, count, 1000):
        numbers = range(number, min(number + 1000, count))
        yield b"".join(_line(each) for each in numbers)


def _line(number: int) -> bytes:
    return json.dumps({"name": "add", "input": {"x": number, "y": 1}}).encode() + b"\n"


def _tell(api: API, before: int, seconds: float) -> None:
    now, peak = resident_bytes(api.pid), peak_bytes(api.pid)
    print(  # noqa: T201 - pytest -s reports it
        f"{LINES:,} lines in {seconds:.1f} s; memory of the API {before / MIB:.1f} MiB before, {now / MIB:.1f} MiB after, "
        f"{peak / MIB:.1f} MiB at most"
    )
