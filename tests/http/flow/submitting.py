"""Submits tasks with keys, and finds what is kept of keys."""

from typing import Any
from uuid import uuid4

import httpx
from redis import Redis

from tests.support.door import Document, document

ADD = {"name": "add", "input": {"x": 4, "y": 5}}
ABOUT_KEYS = ("unique", "debounce", "limit", "throttled", "slot_holders", "slot_waiters")


def post(client: httpx.Client, name: str = "add", /, **options: Any) -> httpx.Response:
    """Submit a task with these members beside its name."""
    return client.post("/tasks", json={**(ADD if name == "add" else {"name": name}), **options})


def accepted(client: httpx.Client, name: str = "add", /, **options: Any) -> Document:
    """The same, accepted."""
    response = post(client, name, **options)
    assert response.status_code == 202, response.text
    task: Document = document(response)
    return task


def fresh() -> dict[str, str]:
    """A key that no other test has."""
    return {"key": uuid4().hex}


def left_over(redis: Redis, *kinds: str) -> list[str]:
    """The keys of Redis about keys of tasks."""
    patterns = [f"celeriac:{kind}:*" for kind in kinds or ABOUT_KEYS]
    return [str(key) for pattern in patterns for key in redis.scan_iter(pattern)]
