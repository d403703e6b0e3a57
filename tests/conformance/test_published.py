"""The API publishes what stock Celery publishes for the same task."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from redis import Redis

from tests.conformance.stock import CeleryProgram
from tests.support.door import submit

# All that may differ, and why. The ids are each task's own, and compared as "ID".
INTENDED = {
    # Constant, so that no argument ever reaches a worker's log.
    "headers.kwargsrepr",
    # Marks what came through the API; in Celery the name of the process that published.
    "headers.origin",
    # Nobody listens there where the result backend is Redis; in Celery the id of the producer's thread.
    "properties.reply_to",
    # The task's id, so that `unacked` can be asked for a task; in Celery an id of its own.
    "properties.delivery_tag",
}
DEFAULT_LIMITS = {"time_limit": 1830, "soft_time_limit": 1800}


@pytest.mark.parametrize(
    ("task", "task_input", "limits"),
    [
        ("add", {"x": 4, "y": 5}, DEFAULT_LIMITS),
        ("add", {"x": 10**4_000, "y": -(2**64)}, DEFAULT_LIMITS),
        ("give_back_anything", {"value": ["\0 \u2028 🥬", {"": None}, 0.1, -0.0, True]}, DEFAULT_LIMITS),
        ("over_soft_limit", {}, {"time_limit": 30.3, "soft_time_limit": 0.3}),
        ("over_hard_limit_alone", {}, {"time_limit": 0.5}),
    ],
    ids=["integers", "large integers", "any JSON", "soft limit", "hard limit alone"],
)
def test_the_api_publishes_what_apply_async_does_but_for_what_is_meant_to_differ(
    quiet: httpx.Client,
    quiet_program: CeleryProgram,
    quiet_redis: Redis,
    task: str,
    task_input: dict[str, Any],
    limits: dict[str, Any],
) -> None:
    our_id = submit(quiet, task, **task_input)["task_id"]
    stock_id = quiet_program.do("publish", task=task, kwargs=task_input, options=limits)
    stock_message, our_message = quiet_redis.lrange("default", 0, -1)
    ours, stock = fields(our_message, our_id), fields(stock_message, stock_id)
    assert ours.keys() == stock.keys() | {"stamp"}  # which Celery passes over: when it was pushed
    del ours["stamp"]
    assert {name for name, value in ours.items() if value != stock[name]} - INTENDED == set()


def test_what_is_meant_to_differ_does_so_and_holds_no_argument(
    quiet: httpx.Client, quiet_redis: Redis
) -> None:
    task = submit(quiet, "give_back_anything", value="secret")
    (message,) = quiet_redis.lrange("default", 0, -1)
    ours = fields(message, task["task_id"])
    assert {name: ours[name] for name in INTENDED} == {
        "headers.kwargsrepr": "{...}",
        "headers.origin": "celeriac",
        "properties.reply_to": "ID",
        "properties.delivery_tag": "ID",
    }


def fields(message: bytes | str, task_id: str) -> dict[str, Any]:
    """Every field of a message by its path, with "ID" for the task's id. Lists have their position as a name."""
    document = json.loads(message)
    document["body"] = json.loads(base64.b64decode(document["body"]))
    return {path: "ID" if value == task_id else value for path, value in leaves(document)}


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Each path to a value that holds no others; an empty object or list is such a value too."""
    match value:
        case dict() if value:
            for name, member in value.items():
                yield from leaves(member, f"{path}.{name}".removeprefix("."))
        case list() if value:
            for position, item in enumerate(value):
                yield from leaves(item, f"{path}.{position}")
        case _:
            yield path, value
