"""Sees by Celery's result documents when tasks of Celery and of Celeriac have ended."""

import json
import time
from collections.abc import Sequence

from redis import Redis

POLL_SECONDS = 0.005


def last_result(redis: Redis, task_ids: Sequence[str]) -> int:
    """The result of the last of these, when all have succeeded; only the last one is polled."""
    names = [f"celery-task-meta-{task_id}" for task_id in task_ids]
    result = _result(redis, names[-1])
    while not all(_has_succeeded(document) for document in redis.mget(names)):
        time.sleep(POLL_SECONDS)
    return result


def _result(redis: Redis, name: str) -> int:
    while not _has_succeeded(document := redis.get(name)):
        time.sleep(POLL_SECONDS)
    return int(json.loads(document or b"null")["result"])


def _has_succeeded(document: bytes | str | None) -> bool:
    status = document and json.loads(document)["status"]
    if status in ("FAILURE", "REVOKED"):
        raise RuntimeError(f"A task has failed: {document!r}")
    return status == "SUCCESS"
