"""Tasks in a known state to measure with: queued, or finished."""

import json
import time
from pathlib import Path

from redis import Redis

from lab.bench.load.load import Load, additions, apply
from lab.harness.checkout import ROOT
from lab.harness.program import Program
from lab.harness.stage import Stage

POLL_SECONDS = 0.05


def queue(server: Program, path: str, *, count: int, **headers: str) -> None:
    """Submit so many additions over HTTP."""
    apply(Load(port=server.port, requests=additions(path, **headers), status=202, count=count))


def finished(
    stage: Stage,
    server: Program,
    worker_app: str,
    *,
    database: int,
    count: int,
    root: Path = ROOT,
    **headers: str,
) -> list[str]:
    """The ids of so many tasks that this worker, of a checkout, has carried out; the database was empty."""
    queue(server, "/add", count=count, **headers)
    worker = stage.work(worker_app, database=database, root=root)
    client = stage.redis(database)
    while len(task_ids := succeeded(client)) < count:
        time.sleep(POLL_SECONDS)
    worker.stop()
    return task_ids


def succeeded(client: Redis) -> list[str]:
    """The ids of the tasks of which Celery's own result document says that they succeeded."""
    keys = list(client.scan_iter("celery-task-meta-*", count=10_000))
    documents = client.mget(keys) if keys else []
    pairs = zip(keys, documents, strict=True)
    return [
        key.decode().removeprefix("celery-task-meta-")
        for key, document in pairs
        if document and json.loads(document)["status"] == "SUCCESS"
    ]


def empty(client: Redis) -> None:
    """Remove everything but kombu's bindings, which a producer makes only once."""
    keys = [key for key in client.scan_iter(count=10_000) if not key.startswith(b"_kombu.")]
    if keys:
        client.delete(*keys)
