"""`unique`: at most one unfinished task has a key."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis

from lab.harness.servers import running_api
from tests.http.access.keys import Locked, bearer
from tests.http.flow.submitting import ADD, accepted, fresh, left_over, post
from tests.support.door import Document, cancel, document, ended, in_state, problem_of, shown


def test_fifty_at_once_with_one_key_at_two_apis_are_one_task(
    own_url: str, own_redis: Redis, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        apis = [stack.enter_context(running_api(tmp_path, redis_url=own_url)) for _ in range(2)]
        clients = [stack.enter_context(api.client()) for api in apis]
        pool = stack.enter_context(ThreadPoolExecutor(50))
        posts = [pool.submit(post, clients[number % 2], unique={"key": "one"}) for number in range(50)]
        answers = [each.result() for each in posts]
        assert {answer.status_code for answer in answers} == {202}
        assert len({document(answer)["task_id"] for answer in answers}) == 1
        assert Counter(answer.headers.get("idempotent-replayed") for answer in answers) == {
            None: 1,
            "true": 49,
        }
        assert own_redis.llen("default") == 1
        assert cancel(clients[0], document(answers[0])).status_code == 200
        assert left_over(own_redis) == []


def test_the_other_task_is_returned_as_it_is_now_until_its_end(client: httpx.Client, tmp_path: Path) -> None:
    unique, gate = fresh(), tmp_path / "gate"
    first = accepted(client, "hold", input={"until": str(gate)}, unique=unique)
    in_state(client, first, "running")
    answer = post(client, unique=unique)
    other = document(answer)
    assert (other["task_id"], other["name"], other["state"]) == (first["task_id"], "hold", "running")
    assert answer.headers["location"] == first["links"]["self"]
    gate.touch()
    answer = client.post("/tasks?wait=20", json={**ADD, "unique": unique})
    assert document(answer)["ready"]
    ended(client, first)
    assert accepted(client, unique=unique)["task_id"] != first["task_id"]


def test_a_key_can_be_kept_for_a_time_beyond_the_end(client: httpx.Client) -> None:
    unique = {**fresh(), "while": "PT1H"}
    first = ended(client, accepted(client, unique=unique))
    assert accepted(client, unique=unique)["task_id"] == first["task_id"]
    assert client.delete(first["links"]["self"]).status_code == 204
    assert accepted(client, unique=unique)["task_id"] != first["task_id"]
    brief = {**fresh(), "while": "PT0.1S"}
    first = ended(client, accepted(client, unique=brief))
    wait_for_another(client, first, brief)


def wait_for_another(client: httpx.Client, first: Document, unique: Document) -> None:
    """Return when this key is free for another task."""
    for _ in range(500):
        if accepted(client, unique=unique)["task_id"] != first["task_id"]:
            return
    pytest.fail("the key was never free")


def test_another_task_is_refused_with_the_id_of_the_first(quiet: httpx.Client, quiet_redis: Redis) -> None:
    unique = {**fresh(), "else": "refuse"}
    first = accepted(quiet, unique=unique)
    answer = post(quiet, unique=unique)
    assert problem_of(answer) == (409, "not-unique")
    assert (document(answer)["task_id"], document(answer)["key"]) == (first["task_id"], unique["key"])
    assert quiet_redis.zcard("celeriac:tasks") == 1
    cancel(quiet, first)
    cancel(quiet, accepted(quiet, unique=unique))
    assert left_over(quiet_redis) == []


@pytest.mark.parametrize("delay", [0, 60])
def test_one_that_has_not_started_is_replaced_at_once(
    delay: int, quiet: httpx.Client, quiet_redis: Redis
) -> None:
    unique = {**fresh(), "else": "replace"}
    first, second = (accepted(quiet, unique=unique, delay=delay) for _ in range(2))
    at_end = shown(quiet, first)
    assert (at_end["state"], at_end["error"]["type"]) == ("cancelled", "Superseded")
    assert second["task_id"] in at_end["error"]["message"]
    assert not shown(quiet, second)["ready"]
    assert [second["task_id"].encode() + b" unfinished"] == [
        quiet_redis.get(key) for key in quiet_redis.scan_iter("celeriac:unique:*")
    ]
    cancel(quiet, second)
    assert left_over(quiet_redis) == []


def test_one_that_runs_is_asked_to_end(client: httpx.Client, redis: Redis, tmp_path: Path) -> None:
    unique = {**fresh(), "else": "replace"}
    first = accepted(client, "hold", input={"until": str(tmp_path / "gate")}, unique=unique)
    in_state(client, first, "running")
    second = accepted(client, "hold", input={"until": str(tmp_path / "gate")}, unique=unique)
    assert shown(client, first)["cancel_requested"]
    (tmp_path / "gate").touch()
    for task in (first, second):
        ended(client, task)
    assert list(redis.scan_iter(f"celeriac:unique:*{unique['key']}")) == []


def test_a_key_can_be_a_value_of_the_input(quiet: httpx.Client, quiet_redis: Redis) -> None:
    def with_input(x: Any, y: Any, key: str = "/x") -> str:
        return str(accepted(quiet, input={"x": x, "y": y}, unique={"key": key})["task_id"])

    first = with_input(1, 2)
    assert with_input(1, 3) == first
    assert len({first, with_input(2, 2), with_input(2, 1, "/y"), with_input(2, 2, "1")}) == 4
    assert sorted(quiet_redis.scan_iter("celeriac:unique:*")) == [
        b"celeriac:unique::/x=1", b"celeriac:unique::/x=2", b"celeriac:unique::/y=1", b"celeriac:unique::1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("unique", "pointer"),
    [
        ({}, "/unique/key"),
        ({"key": ""}, "/unique/key"),
        ({"key": "x" * 201}, "/unique/key"),
        ({"key": "a\nb"}, "/unique/key"),
        ({"key": "/a~"}, "/unique/key"),
        ({"key": "/z"}, "/input/z"),
        ({"key": "/x/0"}, "/input/x/0"),
        ({"key": "k", "while": "PT1"}, "/unique/while"),
        ({"key": "k", "while": "PT0S"}, "/unique/while"),
        ({"key": "k", "while": None}, "/unique/while"),
        ({"key": "k", "else": "wait"}, "/unique/else"),
        ({"key": "k", "for": "PT1H"}, "/unique/for"),
        ("k", "/unique"),
        (None, "/unique"),
    ],
)
def test_what_makes_no_sense_is_refused(unique: Any, pointer: str, quiet: httpx.Client) -> None:
    answer = post(quiet, unique=unique)
    assert problem_of(answer) == (422, "invalid-input"), answer.text
    assert document(answer)["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("value", [[1], {"a": 1}, None, "x" * 300])
def test_a_value_that_is_no_key_is_refused(value: Any, quiet: httpx.Client) -> None:
    answer = post(quiet, "give_back_anything", input={"value": value}, unique={"key": "/value"})
    assert problem_of(answer) == (422, "invalid-input"), answer.text
    assert document(answer)["errors"][0]["pointer"] == "/input/value"


def test_a_repeated_submission_gets_the_same_answer_after_the_end_of_the_other(quiet: httpx.Client) -> None:
    unique = fresh()
    first = accepted(quiet, unique=unique)
    body, headers = {**ADD, "unique": unique}, {"Idempotency-Key": unique["key"]}
    assert document(quiet.post("/tasks", json=body, headers=headers))["task_id"] == first["task_id"]
    cancel(quiet, first)
    again = quiet.post("/tasks", json=body, headers=headers)
    assert (again.status_code, document(again)["task_id"]) == (202, first["task_id"])
    other = quiet.post("/tasks", json={**body, "unique": fresh()}, headers=headers)
    assert problem_of(other) == (422, "idempotency-conflict")


def test_a_retry_keeps_the_key(quiet: httpx.Client, quiet_redis: Redis) -> None:
    unique = {**fresh(), "else": "refuse"}
    first = accepted(quiet, unique=unique)
    cancel(quiet, first)
    second = document(quiet.post(first["links"]["retry"]))
    assert problem_of(post(quiet, unique=unique)) == (409, "not-unique")
    assert problem_of(quiet.post(first["links"]["retry"])) == (409, "not-unique")
    cancel(quiet, second)
    assert left_over(quiet_redis) == []


def test_the_same_key_of_another_owner_is_another_key(locked: Locked) -> None:
    unique = fresh()
    with locked.api.client() as client:
        ids = {
            document(
                client.post("/tasks", json={**ADD, "unique": unique}, headers=bearer(locked.secrets[name]))
            )["task_id"]
            for name in ("has-submit", "has-admin")
        }
    assert len(ids) == 2


def test_a_key_whose_task_was_deleted_by_others_is_free(quiet: httpx.Client, quiet_redis: Redis) -> None:
    first = accepted(quiet, unique={"key": "k"})
    quiet_redis.delete(f"celeriac:task:{first['task_id']}")
    second = accepted(quiet, unique={"key": "k"})
    assert second["task_id"] != first["task_id"]
    cancel(quiet, second)
    assert left_over(quiet_redis) == []
