"""A repeated submission is one task: by a key, or by the client's id."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from redis import Redis

from celeriac.ledger.store import keys
from lab.harness.servers import running_api, running_worker
from lab.harness.waiting import wait_until
from tests.support.door import document, ended, problem_of, run, shown, submit

JSON = {"Content-Type": "application/json"}


def keyed(client: httpx.Client, key: str, body: str = '{"x": 4, "y": 5}', **headers: str) -> httpx.Response:
    """A submission of `add` with this key."""
    return client.post("/add", content=body, headers={**JSON, "Idempotency-Key": key, **headers})


def put(client: httpx.Client, task_id: str, name: str = "add", **task_input: Any) -> httpx.Response:
    """A submission under this id."""
    return client.put(f"/tasks/{task_id}", json={"name": name, "input": task_input or {"x": 4, "y": 5}})


def test_fifty_at_once_with_one_key_at_two_apis_are_one_task_that_runs_once(
    own_url: str, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    body = {"file": str(trace), "line": "ran"}
    with ExitStack() as stack:
        apis = [stack.enter_context(running_api(tmp_path, redis_url=own_url)) for _ in range(2)]
        clients = [stack.enter_context(api.client()) for api in apis]
        pool = stack.enter_context(ThreadPoolExecutor(50))
        posts = [
            pool.submit(clients[number % 2].post, "/append", json=body, headers={"Idempotency-Key": "one"})
            for number in range(50)
        ]
        answers = [post.result() for post in posts]
        stack.enter_context(running_worker(tmp_path, "-Q", "default", redis_url=own_url))
        ended(clients[0], document(answers[0]))
        run(clients[1], "add", x=1, y=2)
    assert {answer.status_code for answer in answers} == {202}
    assert len({document(answer)["task_id"] for answer in answers}) == 1
    assert Counter(answer.headers.get("idempotent-replayed") for answer in answers) == {None: 1, "true": 49}
    assert trace.read_text() == "ran\n"


def test_a_key_is_known_after_a_restart_of_the_api(own_url: str, tmp_path: Path) -> None:
    with running_api(tmp_path, redis_url=own_url) as api, api.client() as client:
        first = document(keyed(client, "one"))
    with running_api(tmp_path, redis_url=own_url) as api, api.client() as client:
        again = keyed(client, "one")
    assert again.headers["idempotent-replayed"] == "true"
    assert document(again) == first


def test_the_record_of_a_task_with_a_key_stays_compact(quiet: httpx.Client, quiet_redis: Redis) -> None:
    task = document(keyed(quiet, "compact"))
    assert quiet_redis.object("encoding", keys.record(task["task_id"])) in {
        b"listpack",
        "listpack",
        b"ziplist",
    }


def test_a_replay_is_the_first_answer_again(quiet: httpx.Client, quiet_redis: Redis) -> None:
    first, second = keyed(quiet, "one"), keyed(quiet, "one")
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert first.headers["location"] == second.headers["location"]
    assert ("idempotent-replayed" in first.headers, second.headers["idempotent-replayed"]) == (False, "true")
    assert quiet_redis.llen("default") == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [("/add", {"x": 4, "y": 6}), ("/add?delay=60", {"x": 4, "y": 5}), ("/word_count", {"text": "to be"})],
    ids=["input", "options", "name"],
)
def test_a_key_with_another_submission_is_a_conflict(
    path: str, body: dict[str, Any], quiet: httpx.Client, quiet_redis: Redis
) -> None:
    first = document(keyed(quiet, "one"))
    conflict = quiet.post(path, json=body, headers={"Idempotency-Key": "one"})
    assert problem_of(conflict) == (422, "idempotency-conflict")
    assert document(conflict)["task_id"] == first["task_id"]
    assert quiet_redis.zcard("celeriac:tasks") == 1


@pytest.mark.usefixtures("quiet_redis")
def test_the_order_and_spacing_of_the_json_do_not_matter(quiet: httpx.Client) -> None:
    first, second = keyed(quiet, "one", '{"x":4,"y":5}'), keyed(quiet, "one", '{ "y": 5,\n "x": 4 }')
    assert document(second)["task_id"] == document(first)["task_id"]


@pytest.mark.usefixtures("quiet_redis")
def test_by_its_name_in_the_path_or_in_the_body_it_is_one_submission(quiet: httpx.Client) -> None:
    first = document(keyed(quiet, "one"))
    by_name = {"name": "add", "input": {"x": 4, "y": 5}}
    again = quiet.post("/tasks", json=by_name, headers={"Idempotency-Key": "one"})
    assert document(again)["task_id"] == first["task_id"]


def test_a_replay_may_wait_for_the_end(client: httpx.Client) -> None:
    key = str(uuid4())
    first = document(keyed(client, key))
    again = keyed(client, key, Prefer="wait=30")
    assert (again.status_code, again.headers["idempotent-replayed"]) == (200, "true")
    assert (document(again)["task_id"], document(again)["result"]) == (first["task_id"], 9)
    fresh = keyed(client, str(uuid4()), Prefer="wait=30")
    assert (fresh.status_code, document(fresh)["result"]) == (200, 9)
    assert "idempotent-replayed" not in fresh.headers


@pytest.mark.parametrize("key", ["", "x" * 256, "caf\u00e9", "tab\there"])
def test_a_key_that_is_none_is_refused(key: str, quiet: httpx.Client) -> None:
    headers = [(b"Idempotency-Key", key.encode("latin-1"))]
    response = quiet.post("/add", json={"x": 1, "y": 2}, headers=headers)
    assert problem_of(response) == (422, "invalid-input")


def test_a_key_is_forgotten_after_its_time(own_url: str, tmp_path: Path) -> None:
    with running_api(tmp_path, redis_url=own_url, idempotency_ttl=0.2) as api, api.client() as client:
        first = document(keyed(client, "one"))
        wait_until(lambda: document(keyed(client, "one"))["task_id"] != first["task_id"])


def test_a_task_is_submitted_under_an_id_of_the_client_s_own(client: httpx.Client) -> None:
    task_id = str(uuid4())
    first, again = put(client, task_id), put(client, task_id.upper())
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.headers["location"] == f"/tasks/{task_id}"
    assert (document(again)["task_id"], again.headers["idempotent-replayed"]) == (task_id, "true")
    assert ended(client, document(first))["result"] == 9
    late = client.put(
        f"/tasks/{task_id}", json={"name": "add", "input": {"x": 4, "y": 5}}, params={"wait": 9}
    )
    assert (late.status_code, document(late)["result"]) == (200, 9)


def test_an_id_with_another_submission_is_a_conflict(quiet: httpx.Client) -> None:
    task_id = str(uuid4())
    put(quiet, task_id)
    assert problem_of(put(quiet, task_id, x=1, y=1)) == (422, "idempotency-conflict")
    assert problem_of(put(quiet, task_id, "word_count", text="to be")) == (422, "idempotency-conflict")


def test_the_id_of_a_task_that_was_posted_is_taken(quiet: httpx.Client) -> None:
    task = submit(quiet, "add", x=4, y=5)
    assert problem_of(put(quiet, task["task_id"])) == (422, "idempotency-conflict")
    assert shown(quiet, task) == task


def test_a_forgotten_id_stays_gone(client: httpx.Client) -> None:
    task = run(client, "add", x=4, y=5)
    assert client.delete(task["links"]["self"]).status_code == 204
    assert problem_of(put(client, task["task_id"])) == (410, "task-gone")


@pytest.mark.parametrize("task_id", ["1", "add", "0d9cbd4e-5b6f-4c3e-9d0a-3f1c5f1f8a5g"])
def test_an_id_that_is_no_uuid_is_refused(task_id: str, quiet: httpx.Client) -> None:
    assert put(quiet, task_id).status_code == 404
