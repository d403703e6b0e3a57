"""A rejected message is kept, and the worker goes on."""

import base64
import json
import pickle
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from redis import Redis

from celeriac.ledger.protocol.message import envelope
from celeriac.ledger.store import keys
from lab.harness.servers import running_api, running_worker
from lab.harness.waiting import wait_until
from tests.support.door import document, problem_of, run
from tests.support.messages import message as joined

ENVELOPE = envelope(task="add", queue="default", time_limit=timedelta(minutes=1), soft_time_limit=None)
Change = Callable[[dict[str, Any]], object]


def message(change: Change) -> bytes:
    """A message of a stock producer, with something changed."""
    whole = json.loads(joined(ENVELOPE, str(uuid4()), b'{"x": 4, "y": 5}'))
    whole["headers"]["origin"] = "somebody@else"
    change(whole)
    return json.dumps(whole).encode()


def with_body(raw: bytes) -> bytes:
    """A message with this body."""
    return message(lambda whole: whole.update(body=base64.b64encode(raw).decode()))


def with_header(name: str, value: Any) -> bytes:
    """A message with this header."""
    return message(lambda whole: whole["headers"].update({name: value}))


def with_property(name: str, value: Any) -> bytes:
    """A message with this property."""
    return message(lambda whole: whole["properties"].update({name: value}))


def without(*path: str) -> bytes:
    """A message in which something is missing."""

    def remove(whole: dict[str, Any]) -> None:
        for name in path[:-1]:
            whole = whole[name]
        del whole[path[-1]]

    return message(remove)


def nested(depth: int) -> bytes:
    """Arguments nested so deep."""
    return b'[[], {"x": ' + b"[" * depth + b"]" * depth + b', "y": 5}, {}]'


REJECTED = {
    "nothing": b"",
    "no JSON": b"{",
    "no text": b"\xff\xfe\x00",
    "a number": b"7",
    "a list": b"[1, 2]",
    "a string": b'"add"',
    "null": b"null",
    "an empty object": b"{}",
    "deep JSON": b"[" * 100_000,
    "a pickle": pickle.dumps({"task": "add"}),
    "no body": without("body"),
    "no headers": without("headers"),
    "no properties": without("properties"),
    "no content type": without("content-type"),
    "no task": without("headers", "task"),
    "no id": without("headers", "id"),
    "no delivery tag": without("properties", "delivery_tag"),
    "no delivery info": without("properties", "delivery_info"),
    "a body that is no base64": message(lambda whole: whole.update(body="%%%")),
    "a body that is a number": message(lambda whole: whole.update(body=7)),
    "an empty body": with_body(b""),
    "a body that is an empty list": with_body(b"[]"),
    "a pickled body": message(lambda whole: whole.update({"content-type": "application/x-python-serialize"})),
    "another content type": message(lambda whole: whole.update({"content-type": ["application/json"]})),
    "arguments nested 600 deep": with_body(nested(600)),
    "arguments nested 100,000 deep": with_body(nested(100_000)),
    "headers that are a list": message(lambda whole: whole.update(headers=[])),
    "a task that is a list": with_header("task", ["add"]),
    "an id that is a list": with_header("id", ["one"]),
    "an id that is a number": with_header("id", 7),
    "time limits that are text": with_header("timelimit", ["1", "2"]),
    "one time limit": with_header("timelimit", [1]),
    "an eta that is a number": with_header("eta", 7),
    "an eta that is no moment": with_header("eta", "soon"),
    "an expiry that is an object": with_header("expires", {}),
    "retries that are text": with_header("retries", "many"),
    "a delivery tag that is a list": with_property("delivery_tag", []),
    "delivery info that is text": with_property("delivery_info", "default"),
    "an unknown task": with_header("task", "os.system"),
}
# These are messages, if strange ones: Celery says of each what became of it.
STRANGE = {
    "an expiry that is no moment": with_header("expires", "soon"),
    "no arguments": with_body(b"[[], {}, {}]"),
    "too many arguments": with_body(b"[[1, 2, 3], {}, {}]"),
    "arguments of the wrong type": with_body(b'[[], {"x": "4", "y": null}, {}]'),
    "arguments that are no list": with_body(b'[{"x": 4}, {}, {}]'),
    "a body of two": with_body(b"[[], {}]"),
    "a body cut off": with_body(b'[[], {"x": 4'),
    "an unknown kombu type": with_body(b'[[], {"x": {"__type__": "no", "__value__": 1}, "y": 1}, {}]'),
    "a group that is a list": with_header("group", ["one"]),
    "an unknown language": with_header("lang", "cobol"),
    "an unknown body encoding": with_property("body_encoding", "rot13"),
    "embedded options that are text": with_body(b'[[4, 5], {}, "none"]'),
}


@pytest.fixture(scope="module")
def url(new_database: Callable[[], str]) -> str:
    """A database of these tests' own."""
    return new_database()


@pytest.fixture(scope="module")
def client(url: str, directory: Path) -> Iterator[httpx.Client]:
    """A client of an API and a worker that get all of this."""
    with (
        running_worker(directory, "-Q", "default", redis_url=url),
        running_api(directory, redis_url=url) as api,
        api.client() as client,
    ):
        run(client, "add", x=1, y=1)
        yield client


@pytest.fixture(scope="module")
def redis(url: str) -> Iterator[Redis]:
    """A client of the database."""
    with Redis.from_url(url) as client:
        yield client


def main_process(redis: Redis, worker: str) -> int:
    """The id of the worker's main process, as it says itself."""
    said: Any = wait_until(lambda: redis.get(keys.worker(worker)))
    return int(json.loads(said)["pid"])


@pytest.mark.parametrize("kind", REJECTED)
def test_it_is_kept_and_the_same_worker_goes_on(kind: str, client: httpx.Client, redis: Redis) -> None:
    before, kept = canary(client, redis), redis.llen(keys.rejected("default"))
    redis.lpush("default", REJECTED[kind])
    wait_until(lambda: redis.llen(keys.rejected("default")) == kept + 1, 10)
    assert canary(client, redis) == before
    newest = document(client.get("/queues/default/rejected", params={"limit": 1}))["items"][0]
    assert newest["reason"]
    assert abs((datetime.now(UTC) - datetime.fromisoformat(newest["found_at"])).total_seconds()) < 60
    if REJECTED[kind].isascii() and kind != "an unknown task":
        assert newest["message"] == REJECTED[kind].decode()


@pytest.mark.parametrize("kind", STRANGE)
def test_it_harms_no_worker(kind: str, client: httpx.Client, redis: Redis) -> None:
    before = canary(client, redis)
    redis.lpush("default", STRANGE[kind])
    wait_until(lambda: redis.llen("default") == 0)
    assert canary(client, redis) == before


def test_a_clean_queue_has_none(client: httpx.Client) -> None:
    assert document(client.get("/queues/nobody/rejected")) == {"items": [], "omitted_count": 0}


def test_the_number_of_finds_can_be_asked_for(client: httpx.Client, redis: Redis) -> None:
    for number in range(3):
        redis.lpush("default", f"find {number}")
    wait_until(lambda: redis.llen("default") == 0)
    canary(client, redis)
    found = document(client.get("/queues/default/rejected", params={"limit": 2}))["items"]
    assert [one["message"] for one in found] == ["find 2", "find 1"]
    assert problem_of(client.get("/queues/default/rejected?limit=0")) == (422, "invalid-input")


def canary(client: httpx.Client, redis: Redis) -> int:
    """Run a task as if nothing had happened; the id of the worker's main process."""
    task = run(client, "add", x=4, y=5)
    assert task["result"] == 9
    return main_process(redis, task["worker"])
