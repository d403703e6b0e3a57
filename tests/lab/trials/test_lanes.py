"""Lanes survive the death of Redis and of a worker."""

from collections import Counter
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from redis import Redis

from celeriac.ledger.model.states import FINAL
from celeriac.ledger.store import keys
from celeriac.stack.valkey import Valkey
from lab.chaos.verdict.evidence import runs_of
from lab.harness.servers import running_api, running_worker
from lab.harness.waiting import wait_until
from tests.support.door import Document, document, ended
from tests.support.marks import linux_only

SOON: dict[str, Any] = {"lease": 2, "rescue_grace": 1, "tasks": "lab.chaos.tasks"}
# So long that a worker with one process takes no messages ahead.
SECONDS = 0.04
# Those that run when something dies are so long that it meets them.
REDIS_DIES_AT, WORKER_DIES_AT, LONG_SECONDS = 25, 34, 1.0
# Each death meets at most the task that runs, and a message that is on its way.
MOST_HANDED_BACK = 2
LOW, NORMAL, FAIR_A, FAIR_B, HIGH = range(2), range(2, 5), range(5, 17), range(17, 20), range(20, 48)

pytestmark = linux_only


def test_tasks_in_lanes_end_once_and_in_order_after_kill_9_of_redis_and_of_a_worker(tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    witness.touch()
    with ExitStack() as stack:
        valkey = stack.enter_context(Valkey(tmp_path / "valkey", options={"appendfsync": "always"}))
        api = stack.enter_context(running_api(tmp_path, redis_url=valkey.url, **SOON))
        client = stack.enter_context(api.client())
        client.post("/queues/default/pause")
        tasks = [
            *_submit(client, witness, LOW, priority="low"),
            *_submit(client, witness, NORMAL),
            *_submit(client, witness, FAIR_A, fair="a"),
            *_submit(client, witness, FAIR_B, fair="b"),
            *_submit(client, witness, HIGH, priority="high"),
        ]
        client.post("/queues/default/resume")
        worker = stack.enter_context(running_worker(tmp_path, "-c", "1", redis_url=valkey.url, **SOON))
        wait_until(partial(_has_begun, witness, REDIS_DIES_AT))
        valkey.restart()
        wait_until(partial(_has_begun, witness, WORKER_DIES_AT))
        worker.kill()
        stack.enter_context(running_worker(tmp_path, "-c", "1", redis_url=valkey.url, **SOON))
        assert {ended(client, task)["state"] for task in tasks} == {"succeeded"}
        redis = stack.enter_context(Redis.from_url(valkey.url, decode_responses=True))
        ends = Counter(
            fields["task_id"] for _, fields in redis.xrange(keys.feed()) if fields.get("state") in FINAL
        )
        handed_back = {number for number, task in enumerate(tasks) if _was_handed_back(redis, task)}
        left = [
            key for kind in ("lane*", "turns*", "waiting*") for key in redis.scan_iter(f"celeriac:{kind}")
        ]
    assert ends == {task["task_id"]: 1 for task in tasks}
    assert left == []
    assert WORKER_DIES_AT in handed_back
    assert len(handed_back) <= 2 * MOST_HANDED_BACK
    runs = runs_of(witness.read_text())
    assert {number for number in runs if len(runs[number]) > 1} <= handed_back
    order = sorted(set(runs) - handed_back, key=lambda number: runs[number][0].first_line)
    assert [number for number in order if number in HIGH] == order[: len(set(HIGH) - handed_back)]
    for lane in (HIGH, FAIR_A, FAIR_B, NORMAL, LOW):
        starts = [number for number in order if number in lane]
        assert starts == sorted(starts)


def _submit(client: httpx.Client, witness: Path, numbers: range, **options: str) -> list[Document]:
    """Submit a task for each number, which writes it down."""

    def submit(number: int) -> Document:
        seconds = LONG_SECONDS if number in (REDIS_DIES_AT, WORKER_DIES_AT) else SECONDS
        task_input = {"number": number, "file": str(witness), "seconds": seconds}
        response = client.post("/tasks", json={"name": "witness", "input": task_input, **options})
        assert response.status_code == 202, response.text
        return dict(document(response))

    return [submit(number) for number in numbers]


def _has_begun(witness: Path, number: int) -> bool:
    return f"begin {number} " in witness.read_text()


def _was_handed_back(redis: Redis, task: Document) -> bool:
    """Whether its run, or its message, was lost with a worker or a connection, and it was put in front of all others."""
    record = redis.hgetall(keys.record(task["task_id"]))
    return record["attempt"] != "1" or "returned" in record or "released" in record
