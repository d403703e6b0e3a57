"""Tasks take about as much memory as the formula of docs/deploy/redis-memory.md says."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from redis import Redis

from celeriac.stack.valkey import Valkey
from lab.bench.memory import memory_bytes
from lab.harness.checkout import ROOT
from lab.harness.servers import running_api, running_worker
from tests.support.door import ended, submit

PAGE = (ROOT / "docs/deploy/redis-memory.md").read_text()
TASKS = 200
BYTES = 10_000
TEXT = "a" * (BYTES - len('{"value":""}'))


@pytest.fixture(scope="module")
def own(new_database: Callable[[], str], directory: Path) -> Iterator[tuple[str, httpx.Client]]:
    """A database, and a client of an API on it, whose first tasks are accepted."""
    url = new_database()
    with running_api(directory, redis_url=url) as api, api.client() as client:
        yield url, client


def test_redis_memory_of_tasks_is_what_the_page_says(
    own: tuple[str, httpx.Client], valkey: Valkey, directory: Path
) -> None:
    url, client = own
    waiting, kept = formula()
    with Redis.from_url(valkey.url) as redis:
        submit(client, "give_back_anything", value=TEXT)  # what is there once for all
        before = memory_bytes(redis)
        tasks = [submit(client, "give_back_anything", value=TEXT) for _ in range(TASKS)]
        queued = (memory_bytes(redis) - before) / TASKS
        with running_worker(directory, redis_url=url):
            for task in tasks:
                ended(client, task)
        finished = (memory_bytes(redis) - before) / TASKS
    # The feed of all tasks, which the page counts as a whole, is a part of it here.
    assert 0.8 * waiting < queued < 1.15 * waiting
    assert 0.8 * kept < finished < 1.15 * kept


def test_redis_memory_of_an_idempotency_key_is_what_the_page_says(
    own: tuple[str, httpx.Client], valkey: Valkey
) -> None:
    _, client = own
    (most,) = re.findall(r"`Idempotency-Key`, as by the Python client \| (\d+) more", PAGE)
    with Redis.from_url(valkey.url) as redis:
        taken = []
        for headers in ({}, {"Idempotency-Key": "key {}"}):
            before = memory_bytes(redis)
            for number in range(300):
                keys = {name: value.format(number) for name, value in headers.items()}
                client.post("/add", json={"x": 4, "y": 5}, headers=keys)
            taken.append((memory_bytes(redis) - before) / 300)
    assert taken[1] - taken[0] < 1.15 * int(most)


def formula() -> tuple[float, float]:
    """The bytes of a task with such an input and such a result, while it waits and when it has ended."""
    (first, per_input), (second, per_input_later) = re.findall(r"\| ([\d,]+) \+ ([\d.]+) × its input", PAGE)
    waiting = int(first.replace(",", "")) + float(per_input) * BYTES
    return waiting, int(second.replace(",", "")) + float(per_input_later) * BYTES + BYTES
