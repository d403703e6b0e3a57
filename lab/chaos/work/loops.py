"""Tries loop processes when all else is calm, in one way after the other."""

import signal
from collections.abc import Iterator
from random import Random
from typing import Any

import httpx
from redis import Redis

from celeriac.ledger.model.batch import ids_in
from celeriac.ledger.model.states import FINAL
from celeriac.ledger.store import keys
from lab.chaos.loops import GRANTED, kill_loops_as_they_claim, loops_of, send
from lab.chaos.plan import BLOCKED_LIMIT, LEASE
from lab.chaos.stage import WORKERS, Stage
from lab.chaos.work.insist import insist
from lab.harness.waiting import wait_until

CROWD = 8
# For longer than a lease, or the grace of a worker that ends, lasts.
LONG_SECONDS = 2 * LEASE.total_seconds() + 1
ANSWER_SECONDS, START_SECONDS, END_SECONDS = 5.0, 60.0, 90.0
QUEUE = "async"

Document = dict[str, Any]


def faults_of_loops(stage: Stage) -> list[str]:
    """A sentence for each task that suffered from what it was not guilty of."""
    faults = []
    for name, attempt in TRIES.items():
        try:
            faults += [f"loops {name}: {sentence}" for sentence in attempt(stage)]
        except AssertionError as late:
            faults.append(f"loops {name}: {late}")
            stage.mend()
    return faults


def _killed(stage: Stage) -> Iterator[str]:
    """They run again at once, and nothing is counted against them."""
    crowd = _running_crowd(stage)
    send(loops_of(stage.workers), signal.SIGKILL)
    yield from _faults_of(stage, crowd, attempts=2)


def _killed_as_they_claim(stage: Stage) -> Iterator[str]:
    """What was claimed and had not begun is known, too."""
    _wait_for_loops(stage)
    stage.records.proxies[WORKERS].hold = GRANTED
    crowd = _crowd(stage)
    kill_loops_as_they_claim(stage, Random())
    yield from _faults_of(stage, crowd, attempts=2)


def _held_up(stage: Stage) -> Iterator[str]:
    """Who holds up a loop fails, and all others run again."""
    _wait_for_loops(stage)
    crowd = _running_crowd(stage)
    guilty = [_submitted(stage, "hold_up", 10 * BLOCKED_LIMIT.total_seconds()) for _ in stage.workers]
    for task_id in guilty:
        document = _ended_document(stage, task_id)
        error = document["error"] or {}
        if error.get("type") != "TimeLimitExceeded" or "time.sleep(" not in error["message"]:
            yield f"{task_id} held up its loop: {document['state']}, {error}"
    yield from _faults_of(stage, crowd, attempts=None)


def _ended(stage: Stage) -> Iterator[str]:
    """What runs when its worker ends waits in its queue afterwards."""
    _wait_for_loops(stage)
    crowd = _running_crowd(stage)
    for worker in stage.workers:
        worker.signal(signal.SIGQUIT)
    for worker in stage.workers:
        worker.wait_for_end()
    with Redis.from_url(stage.stores[-1].valkey.url) as redis:
        queued = redis.lrange(QUEUE, 0, -1)
    documents = {task_id: _document(stage, task_id) for task_id in crowd}
    for task_id, document in documents.items():
        if document["state"] == "succeeded":
            continue  # it had time enough
        if document["state"] != "queued" or not any(task_id.encode() in message for message in queued):
            yield f"{task_id} is {document['state']}, and {len(queued)} messages are in the queue"
    for worker in stage.workers:
        worker.restart_if_ended()
    yield from _faults_of(stage, crowd, attempts=None)


TRIES = {
    "killed": _killed,
    "killed as they claim": _killed_as_they_claim,
    "held up": _held_up,
    "ended": _ended,
}


def _faults_of(stage: Stage, crowd: list[str], *, attempts: int | None) -> Iterator[str]:
    """What is wrong with those of whom nobody was guilty. One that was alone in its loop may have lost a run."""
    documents = [_ended_document(stage, task_id) for task_id in crowd]
    for document in documents:
        if document["state"] != "succeeded":
            yield f"{document['task_id']}: {document['state']}, {document['error']}"
        if attempts is not None and document["attempt"] > attempts:
            yield f"{document['task_id']} ended in attempt {document['attempt']}"
    with Redis.from_url(stage.records.valkey.url) as redis:
        lost = [int(redis.hget(keys.record(task_id), "lost") or 0) for task_id in crowd]
    if sum(lost) > 1:
        yield f"{sum(lost)} lost runs were counted"


def _wait_for_loops(stage: Stage) -> None:
    """Until each worker has one that runs tasks."""
    wait_until(lambda: len(loops_of(stage.workers)) == len(stage.workers), START_SECONDS)
    _ended_document(stage, _submitted(stage, "rest", 0.0))


def _running_crowd(stage: Stage) -> list[str]:
    crowd = _crowd(stage)
    wait_until(
        lambda: all(_document(stage, task_id)["state"] == "running" for task_id in crowd), START_SECONDS
    )
    return crowd


def _crowd(stage: Stage) -> list[str]:
    """Submitted at once, so that one loop has most of them."""
    items = [{"name": "rest", "input": {"seconds": LONG_SECONDS}}] * CROWD
    task_id = ids_in(_ask(stage, "POST", "/batches", content=items)["batch_id"])
    return [task_id(place) for place in range(CROWD)]


def _submitted(stage: Stage, name: str, seconds: float) -> str:
    task_id: str = _ask(stage, "POST", f"/{name}", content={"seconds": seconds})["task_id"]
    return task_id


def _ended_document(stage: Stage, task_id: str) -> Document:
    def ended() -> Document | None:
        document = _document(stage, task_id)
        return document if document["state"] in FINAL else None

    return wait_until(ended, END_SECONDS, what=f"the end of {task_id}")


def _document(stage: Stage, task_id: str) -> Document:
    document: Document = _ask(stage, "GET", f"/tasks/{task_id}")
    return document


def _ask(stage: Stage, method: str, path: str, **options: Any) -> Any:
    with httpx.Client(timeout=ANSWER_SECONDS, trust_env=False) as http:
        return insist(http, stage.ports, method, path, **options)
