"""A submission is accepted with its address, and runs once, exactly as sent."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import httpx
import pytest
from redis import Redis

from celeriac.ledger.protocol.message import Envelope
from celeriac_api.response.task_document import TaskDocument
from tests.support.door import document, ended, run, submit
from tests.support.messages import message as joined


def test_an_accepted_task_is_answered_with_202_its_address_and_when_to_ask_again(
    client: httpx.Client,
) -> None:
    response = client.post("/add", json={"x": 4, "y": 5})
    assert response.status_code == 202
    assert response.headers["content-type"] == "application/json"
    assert response.headers["location"] == f"/tasks/{document(response)['task_id']}"
    assert int(response.headers["retry-after"]) >= 1
    assert "preference-applied" not in response.headers


def test_the_document_of_an_accepted_task_is_complete_and_says_nothing_that_is_not_so(
    quiet: httpx.Client,
) -> None:
    task = submit(quiet, "add", x=4, y=5)
    created_at = datetime.fromisoformat(task.pop("created_at"))
    task_id = task.pop("task_id")
    assert UUID(task_id).version == 4
    assert created_at.utcoffset() is not None
    assert task == {
        "name": "add",
        "state": "queued",
        "ready": False,
        "successful": None,
        "result": None,
        "error": None,
        "progress": None,
        "cancel_requested": False,
        "attempt": 0,
        "queue": "default",
        "worker": None,
        "started_at": None,
        "ended_at": None,
        "expires_at": None,
        "due_at": None,
        "owner": None,
        "blocked_by": None,
        "priority": "normal",
        "tags": [],
        "schedule": None,
        "batch": None,
        "retry_of": None,
        "parent_id": None,
        "trace_id": None,
        "links": {
            "self": f"/tasks/{task_id}",
            "input": f"/tasks/{task_id}/input",
            "result": f"/tasks/{task_id}/result",
            "cancel": f"/tasks/{task_id}/cancel",
            "retry": f"/tasks/{task_id}/retry",
            "events": f"/tasks/{task_id}/events",
        },
    }


def test_what_was_answered_is_what_is_found(quiet: httpx.Client) -> None:
    task = submit(quiet, "add", x=4, y=5)
    assert document(quiet.get(task["links"]["self"])) == task


@pytest.mark.parametrize("name", ["hold", "retry_in_an_hour", "fail", "add"])
def test_in_every_state_the_document_has_exactly_the_members_that_are_documented_in_their_order(
    client: httpx.Client, name: str, tmp_path: Path
) -> None:
    inputs: dict[str, dict[str, Any]] = {
        "hold": {"until": str(tmp_path / "file")},
        "fail": {"message": "x"},
        "add": {"x": 1, "y": 2},
    }
    task = submit(client, name, **inputs.get(name, {}))
    later = document(client.get(task["links"]["self"], params={"wait": 0 if name == "hold" else 1}))
    for shown in (task, later):
        assert list(shown) == list(TaskDocument.model_fields)
        TaskDocument.model_validate_json(json.dumps(shown), strict=True)
    (tmp_path / "file").touch()


@pytest.mark.parametrize(
    "number",
    [0, -1, 2**53 + 1, 2**64, -(2**127), 10**400, 10**4_298 + 1],
    ids=lambda n: f"{n:.3g}" if abs(n) < 10**300 else "big",
)
def test_integers_are_exact_however_large(client: httpx.Client, number: int) -> None:
    assert run(client, "add", x=number, y=1)["result"] == number + 1


@pytest.mark.parametrize(
    "raw",
    [
        b'{"name":"give_back_anything","input":{"value":%b}}',
        b'{"input":{"value":%b},"name":"give_back_anything"}',
        b' {\n"input" :\t{ "value"  :%b } , "name"\r:"give_back_anything" } ',
        b'{"n\\u0061me":"give_back_anything","\\u0069nput":{"value":%b}}',
    ],
    ids=["name first", "input first", "blanks", "escaped names"],
)
@pytest.mark.parametrize(
    "value",
    [
        b"123456789012345678901234567890",
        b"1.10",
        b"1e5",
        b"-0.0",
        b"0.1000000000000000055511151231257827",
        b'"\\u0000 \\" \\\\ \\ud83e\\udd6c \xf0\x9f\xa5\xac"',
        b'{"name":"fail","input":{"message":"}],"}}',
        b'[[],{},"{",[{"a":[null,true,false]}]]',
        b'{"":1," ":2}',
    ],
)
def test_by_its_name_a_task_gets_the_input_exactly_as_it_was_sent(
    client: httpx.Client, raw: bytes, value: bytes
) -> None:
    response = client.post("/tasks", content=raw % value, headers={"Content-Type": "application/json"})
    assert response.status_code == 202, response.text
    assert ended(client, document(response))["result"] == json.loads(value)


def test_by_its_name_a_task_without_parameters_needs_no_input(client: httpx.Client) -> None:
    response = client.post("/tasks", json={"name": "return_unicode"})
    assert ended(client, document(response))["successful"]


def test_the_message_in_the_queue_holds_the_very_bytes_that_were_sent(
    quiet: httpx.Client, quiet_redis: Redis
) -> None:
    sent = b'{ "y":5.0e0,\r\n\t"x" : "\\u00e9 \xc3\xa9" }'
    response = quiet.post(
        "/tasks",
        content=b'{"name":"give_back_anything","input":{"value":%b}}' % sent,
        headers={"Content-Type": "application/json"},
    )
    assert response.status_code == 202
    (message,) = quiet_redis.lrange("default", 0, -1)
    assert sent.decode() in body_of(message)


def test_accepting_writes_the_record_the_index_and_the_message_and_nothing_else(
    quiet: httpx.Client, quiet_redis: Redis
) -> None:
    task = submit(quiet, "add", x=4, y=5)
    task_id = task["task_id"]
    flow = set(quiet_redis.keys("celeriac:flow:default:*"))
    assert len(flow) == 1
    of_the_keeper = {b"celeriac:kept"}  # the API writes it after each of its rounds
    assert set(quiet_redis.keys()) - flow - of_the_keeper == {
        b"default",
        b"celeriac:clock",
        b"celeriac:envelopes",
        b"celeriac:events",
        b"celeriac:names",
        b"celeriac:queues",
        b"celeriac:tasks",
        b"celeriac:tasks:queued:add",
        b"celeriac:totals",
        b"celeriac:waiting:default",
        f"celeriac:task:{task_id}".encode(),
    }
    assert quiet_redis.zrange("celeriac:waiting:default", 0, -1) == [task_id.encode()]
    (message,) = quiet_redis.lrange("default", 0, -1)
    stamp = int(quiet_redis.zscore("celeriac:waiting:default", task_id) or 0)
    (form,) = cast("list[bytes]", quiet_redis.hvals("celeriac:envelopes"))
    assert message == joined(Envelope("", form), task_id, b'{"x":4,"y":5}', stamp=stamp)


def test_submissions_at_the_same_time_are_all_different_and_all_run_once(
    client: httpx.Client, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    with ThreadPoolExecutor(16) as threads:
        tasks = list(
            threads.map(lambda n: submit(client, "append", file=str(trace), line=str(n)), range(300))
        )
    assert len({task["task_id"] for task in tasks}) == 300
    assert all(ended(client, task)["successful"] for task in tasks)
    assert sorted(map(int, trace.read_text().split())) == list(range(300))


def test_messages_are_queued_in_the_order_of_their_acceptance(
    quiet: httpx.Client, quiet_redis: Redis
) -> None:
    tasks = [submit(quiet, "add", x=number, y=0) for number in range(20)]
    queued = [
        json.loads(message)["headers"]["id"] for message in reversed(quiet_redis.lrange("default", 0, -1))
    ]
    assert queued == [task["task_id"] for task in tasks]


def test_a_task_goes_to_the_queue_that_its_definition_names(quiet: httpx.Client, quiet_redis: Redis) -> None:
    assert submit(quiet, "unserved", x=1)["queue"] == "unserved"
    assert (quiet_redis.llen("unserved"), quiet_redis.llen("default")) == (1, 0)


def test_a_content_type_may_have_parameters_and_any_case(client: httpx.Client) -> None:
    for content_type in ("application/json; charset=utf-8", "APPLICATION/JSON", "application/json ;x=y"):
        response = client.post("/add", content=b'{"x":1,"y":2}', headers={"Content-Type": content_type})
        assert response.status_code == 202, content_type


def body_of(message: bytes | str) -> str:
    """The decoded body of a message in a queue."""
    return base64.b64decode(json.loads(message)["body"]).decode()


def test_a_task_without_required_parameters_takes_an_empty_body(client: httpx.Client) -> None:
    json = {"Content-Type": "application/json"}
    for headers in ({}, json, {"Content-Type": "text/plain"}):
        response = client.post("/unserved", headers=headers)
        assert response.status_code == 202, response.text
        assert document(client.get(document(response)["links"]["input"])) == {}
    assert client.post("/unserved", content=iter(()), headers=json).status_code == 202
    for blank in (b" ", b"null"):
        assert client.post("/unserved", content=blank, headers=json).status_code in {400, 422}


def test_an_empty_body_where_parameters_are_required_is_refused_with_their_names(
    client: httpx.Client,
) -> None:
    response = client.post("/add")
    assert response.status_code == 400
    assert "a JSON object with 'x', 'y'" in document(response)["detail"]
    response = client.post("/tasks")
    assert response.status_code == 400
    assert '"name"' in document(response)["detail"]


def test_an_unknown_name_is_refused_with_one_that_is_near_and_says_when_names_are_read(
    client: httpx.Client,
) -> None:
    for response in (client.post("/ad", json={}), client.post("/tasks", json={"name": "ad", "input": {}})):
        assert response.status_code == 404
        detail = document(response)["detail"]
        assert "Did you mean 'add'?" in detail
        assert "within a second after a worker with it has started" in detail
    assert "Did you mean" not in document(client.post("/zzzzzzzz", json={}))["detail"]
    assert (
        "within a second after a worker with it has started"
        not in document(client.post("/no/thing", json={}))["detail"]
    )
    assert len(client.post("/" + "ad" * 2_000, json={}).content) < 2_000
