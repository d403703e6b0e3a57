"""A task belongs to its caller's trace: `traceparent` goes in and on."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis

from celeriac.ledger.model.trace import Trace, parsed_trace
from celeriac.ledger.protocol.message import headers_of, trace_of
from celeriac.ledger.store import keys
from tests.ledger.protocol.test_message import ADD, TASK_ID
from tests.support.door import document, ended, shown
from tests.support.messages import message

TRACE_ID, OTHER_ID = "4bf92f3577b34da6a3ce929d0e0e4736", "11112222333344445555666677778888"
PARENT = f"00-{TRACE_ID}-00f067aa0ba902b7-01"
OTHER = f"00-{OTHER_ID}-00f067aa0ba902b7-00"
MALFORMED = {
    "empty": "",
    "a word": "trace",
    "too short": PARENT[:-1],
    "more than version 00 has": PARENT + "-01",
    "capitals": PARENT.upper(),
    "no trace": PARENT.replace(TRACE_ID, "0" * 32),
    "no parent": PARENT.replace("00f067aa0ba902b7", "0" * 16),
    "the version that is none": "ff" + PARENT[2:],
    "a digit that is none": PARENT.replace("4", "g"),
    "no hyphens": PARENT.replace("-", "_"),
    "something after it": PARENT + " ",
}


@pytest.mark.parametrize("traceparent", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_traceparent_is_none(traceparent: str) -> None:
    assert parsed_trace(traceparent, "vendor=1") is None


@pytest.mark.parametrize("later", ["cc" + PARENT[2:], "cc" + PARENT[2:] + "-what-else"])
def test_a_version_to_come_is_read_as_far_as_version_00_goes(later: str) -> None:
    assert parsed_trace(later) == Trace(PARENT)


@pytest.mark.parametrize("state", ["x" * 513, "a=\n1", "a=\N{SNOWMAN}", " "])
def test_a_malformed_tracestate_is_dropped_alone(state: str) -> None:
    assert parsed_trace(PARENT, state) == Trace(PARENT)


@given(state=st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_a_message_has_the_trace_that_it_was_given(state: str) -> None:
    headers = headers_of(Trace(PARENT, state))
    read = json.loads(message(ADD, TASK_ID, b'{"x": 4, "y": 5}', headers=headers))["headers"]
    assert (read["traceparent"], read.get("tracestate", "")) == (PARENT, state)
    assert trace_of(headers.encode()) == parsed_trace(PARENT, state)


@pytest.mark.parametrize("wait", [0, None])
@pytest.mark.parametrize("how", ["POST /{name}", "POST /tasks", "PUT"])
def test_every_way_of_submitting_goes_on_with_the_trace_of_its_caller(
    quiet: httpx.Client, quiet_redis: Redis, how: str, wait: int | None
) -> None:
    headers = {"traceparent": PARENT, "tracestate": "vendor=1"} | (
        {} if wait is None else {"prefer": "wait=0"}
    )
    task = submitted(quiet, how, headers)
    assert task["trace_id"] == TRACE_ID
    assert shown(quiet, task)["trace_id"] == TRACE_ID
    assert trace_in(quiet_redis, task) == Trace(PARENT, "vendor=1")
    (queued,) = quiet_redis.lrange("default", 0, -1)
    assert json.loads(queued)["headers"]["traceparent"] == PARENT


@pytest.mark.parametrize("given", [{}, {"traceparent": "trace"}, {"tracestate": "vendor=1"}], ids=str)
def test_without_a_trace_a_task_has_none(
    quiet: httpx.Client, quiet_redis: Redis, given: dict[str, str]
) -> None:
    task = submitted(quiet, "POST /{name}", given)
    assert (task["state"], task["trace_id"], shown(quiet, task)["trace_id"]) == ("queued", None, None)
    assert trace_in(quiet_redis, task) is None
    assert b"trace" not in quiet_redis.lrange("default", 0, -1)[0]


@pytest.mark.usefixtures("quiet_redis")
def test_a_traceparent_that_comes_twice_is_ignored(quiet: httpx.Client) -> None:
    twice = [("traceparent", PARENT), ("traceparent", OTHER)]
    assert document(quiet.post("/add", json={"x": 4, "y": 5}, headers=twice))["trace_id"] is None


@pytest.mark.usefixtures("quiet_redis")
def test_several_tracestates_are_one_list(quiet: httpx.Client, quiet_redis: Redis) -> None:
    headers = [("traceparent", PARENT), ("tracestate", "a=1"), ("tracestate", "b=2")]
    task = document(quiet.post("/add", json={"x": 4, "y": 5}, headers=headers))
    assert trace_in(quiet_redis, task) == Trace(PARENT, "a=1,b=2")


@pytest.mark.usefixtures("quiet_redis")
@pytest.mark.parametrize("how", ["POST /{name}", "PUT"])
@pytest.mark.parametrize(("first", "trace_id"), [({"traceparent": PARENT}, TRACE_ID), ({}, None)])
def test_a_replay_is_answered_with_the_trace_of_the_first(
    quiet: httpx.Client, how: str, first: dict[str, str], trace_id: str | None
) -> None:
    key = {} if how == "PUT" else {"idempotency-key": "a key"}
    task = submitted(quiet, how, {**key, **first})
    assert submitted(quiet, how, {**key, "traceparent": OTHER}) == task
    assert task["trace_id"] == trace_id


@pytest.mark.parametrize(("given", "traceparent"), [({}, PARENT), ({"traceparent": OTHER}, OTHER)], ids=str)
def test_a_retry_is_in_the_trace_of_who_asks_for_it_or_else_in_that_of_the_first(
    client: httpx.Client, redis: Redis, given: dict[str, str], traceparent: str
) -> None:
    task = ended(client, submitted(client, "POST /{name}", {"traceparent": PARENT, "tracestate": "vendor=1"}))
    assert task["trace_id"] == TRACE_ID
    again = document(client.post(task["links"]["retry"], headers=given))
    assert again["trace_id"] == ended(client, again)["trace_id"] == traceparent[3:35]
    assert trace_in(redis, again) == Trace(traceparent, "" if given else "vendor=1")


def submitted(client: httpx.Client, how: str, headers: dict[str, str]) -> Any:
    """The document of an accepted task."""
    task_input = {"x": 4, "y": 5}
    match how:
        case "POST /{name}":
            response = client.post("/add", json=task_input, headers=headers)
        case "POST /tasks":
            response = client.post("/tasks", json={"name": "add", "input": task_input}, headers=headers)
        case _:
            body = {"name": "add", "input": task_input}
            response = client.put(f"/tasks/{TASK_ID}", json=body, headers=headers)
    assert response.status_code == 202, response.text
    return document(response)


def trace_in(redis: Redis, task: dict[str, Any]) -> Trace | None:
    """What is kept of the trace for its messages."""
    headers = redis.hget(keys.record(task["task_id"]), "trace")
    return trace_of(headers) if isinstance(headers, bytes) else None
