"""A tenant with very many tasks does not delay the first task of others."""

import json
import os
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from celeriac.stack.valkey import Valkey
from lab.harness.servers import running_api, running_worker
from lab.harness.waiting import wait_until
from tests.support.door import Document, document, ended

QUEUED = int(os.environ.get("TEST_QUEUED", "100000"))
OTHERS = 10
MOST_SECONDS = 1.0
LINES = {"Content-Type": "application/x-ndjson"}


def errand(tenant: str) -> Document:
    """A task of 10 ms for a tenant."""
    return {"name": "take_a_moment", "input": {"seconds": 0.01}, "fair": tenant}


@pytest.mark.trial
@pytest.mark.timeout(900)
def test_the_first_task_of_each_of_ten_starts_within_a_second_while_another_has_100_000(
    tmp_path: Path,
) -> None:
    with (
        Valkey(tmp_path / "valkey") as valkey,
        running_api(tmp_path, redis_url=valkey.url) as api,
        api.client() as client,
    ):
        lines = (json.dumps(errand("many")).encode() + b"\n" for _ in range(QUEUED))
        batch = document(client.post("/batches", content=lines, headers=LINES, timeout=600))
        assert batch["total"] == QUEUED
        with (
            running_worker(tmp_path, redis_url=valkey.url),
            running_worker(tmp_path, "-n", "second@%h", redis_url=valkey.url),
        ):
            wait_until(lambda: _counts(client, batch)["succeeded"] > OTHERS, what="the first tasks")
            tasks = [
                document(client.post("/tasks", json=errand(f"tenant {number}"))) for number in range(OTHERS)
            ]
            waits = [_wait(ended(client, task)) for task in tasks]
            left = _counts(client, batch)["queued"]
    seconds = " ".join(f"{wait:.3f}" for wait in waits)
    print(f"{left:,} of {QUEUED:,} left; seconds until the start: {seconds}")  # noqa: T201 - pytest -s reports it
    assert left > QUEUED / 2
    assert max(waits) < MOST_SECONDS


def _counts(client: httpx.Client, batch: Document) -> dict[str, int]:
    return dict(document(client.get(batch["links"]["self"]))["counts"])


def _wait(task: Document) -> float:
    """For how many seconds a task was queued."""
    created, started = (datetime.fromisoformat(str(task[name])) for name in ("created_at", "started_at"))
    return (started - created).total_seconds()
