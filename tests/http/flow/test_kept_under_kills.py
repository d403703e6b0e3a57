"""Limits hold over all workers, whatever is killed, also where queues and records are apart."""

import itertools
from collections import Counter
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import pytest
from redis import Redis

from celeriac.stack.valkey import Valkey
from lab.harness.servers import running_api, running_worker
from tests.http.flow.submitting import accepted, left_over
from tests.support.door import Document, ended


def spans(tasks: list[Document]) -> list[tuple[float, float]]:
    """When the last attempt of each task began and ended."""
    return [
        (
            datetime.fromisoformat(task["started_at"]).timestamp(),
            datetime.fromisoformat(task["ended_at"]).timestamp(),
        )
        for task in tasks
    ]


def most_at_once(tasks: list[Document]) -> int:
    """How many of these ran at the same time, at most."""
    changes = sorted(
        itertools.chain.from_iterable(((start, 1), (end, -1)) for start, end in spans(tasks)),
    )
    return max(itertools.accumulate(change for _, change in changes))


@pytest.mark.parametrize("servers", [1, 2])
def test_no_limit_is_exceeded_and_no_slot_is_lost_when_workers_are_killed(
    servers: int, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        records = stack.enter_context(Valkey(tmp_path / "records"))
        queues = records if servers == 1 else stack.enter_context(Valkey(tmp_path / "queues"))
        settings = {"broker_url": queues.url, "result_backend": records.url, "lease": "2"}
        api = stack.enter_context(running_api(tmp_path, **settings))
        client = stack.enter_context(api.client())
        workers = [running_worker(tmp_path, "-Q", "default", **settings) for _ in range(3)]
        programs = [stack.enter_context(worker) for worker in workers]
        tasks = [
            accepted(client, "rest", input={"seconds": 0.02}, concurrency={"key": "k", "limit": 3})
            for _ in range(80)
        ]
        ended(client, tasks[10])
        for program in programs[:2]:
            program.kill()
        documents = [ended(client, task) for task in tasks]
        assert Counter(task["state"] for task in documents) == {"succeeded": 80}
        assert most_at_once(documents) <= 3
        with Redis.from_url(records.url) as redis:
            assert left_over(redis) == []
