"""Every state is reported as it is, and no unknown id gets one."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from redis import Redis

from celeriac.stack.valkey import Valkey
from lab.harness.servers import running_worker
from lab.harness.waiting import wait_until
from tests.support.door import document, ended, in_state, run, shown, submit

UNKNOWN = "6f1e0c57-8a0d-4b7e-9c21-5d0b7e3f4a10"


def test_a_task_that_nobody_takes_is_queued(client: httpx.Client) -> None:
    task = submit(client, "unserved", x=1)
    later = document(client.get(task["links"]["self"], params={"wait": 1}))
    assert later == task
    assert later["state"] == "queued"


def test_what_was_queued_before_a_worker_came_runs_when_one_comes(
    client: httpx.Client, valkey: Valkey, directory: Path
) -> None:
    task = submit(client, "unserved", x=7)
    with running_worker(directory, "-Q", "unserved", redis_url=valkey.url):
        at_end = ended(client, task)
    assert (at_end["result"], at_end["queue"]) == (7, "unserved")


def test_a_running_task_says_so_until_it_ends(client: httpx.Client, tmp_path: Path) -> None:
    task = submit(client, "hold", until=str(tmp_path / "file"))
    running = in_state(client, task, "running")
    told = (running["ready"], running["successful"], running["result"], running["error"])
    assert told == (False, None, None, None)
    assert running["attempt"] == 1
    assert running["worker"].startswith("celery-")
    assert running["created_at"] < running["started_at"]
    assert (running["ended_at"], running["expires_at"]) == (None, None)
    (tmp_path / "file").touch()
    assert ended(client, task)["result"] == "let go"


def test_a_task_that_succeeded_has_its_times_in_order_and_will_be_kept_for_a_day(
    client: httpx.Client,
) -> None:
    before = datetime.now(UTC)
    task = run(client, "add", x=4, y=5)
    created, started, finished, expires = (
        datetime.fromisoformat(task[name]) for name in ("created_at", "started_at", "ended_at", "expires_at")
    )
    slack = timedelta(seconds=1)
    assert before - slack < created < started < finished < datetime.now(UTC) + slack
    assert expires - finished == timedelta(days=1)
    assert task["created_at"].endswith("Z")
    assert (task["attempt"], task["due_at"]) == (1, None)


def test_a_retrying_task_says_why_and_when_the_next_attempt_is_due(client: httpx.Client) -> None:
    task = submit(client, "retry_in_an_hour")
    retrying = in_state(client, task, "retrying")
    assert (retrying["ready"], retrying["successful"], retrying["attempt"]) == (False, None, 1)
    assert retrying["error"] == {"type": "ConnectionError", "message": "nobody home", "traceback": None}
    delay = datetime.fromisoformat(retrying["due_at"]) - datetime.fromisoformat(retrying["started_at"])
    assert timedelta(minutes=30) <= delay <= timedelta(hours=1, seconds=5)
    assert (retrying["ended_at"], retrying["expires_at"]) == (None, None)


def test_a_second_attempt_is_running_again_and_forgets_the_first_one_s_error_at_its_success(
    client: httpx.Client, tmp_path: Path
) -> None:
    task = submit(client, "due_at_once", until=str(tmp_path / "file"))
    wait_until(lambda: shown(client, task)["attempt"] == 2)
    running = shown(client, task)
    assert (running["state"], running["due_at"], running["ended_at"]) == ("running", None, None)
    (tmp_path / "file").touch()
    at_end = ended(client, task)
    assert (at_end["state"], at_end["attempt"], at_end["error"]) == ("succeeded", 2, None)


@pytest.mark.parametrize("kind", ["", "/result"])
@pytest.mark.parametrize(
    "task_id",
    [
        UNKNOWN,
        "00000000-0000-0000-0000-000000000000",
        "add",
        "1",
        UNKNOWN[:-1],
        UNKNOWN.replace("-", ""),
        "{" + UNKNOWN + "}",
        UNKNOWN + "%0a",
        "%20" + UNKNOWN,
        UNKNOWN.replace("0", "\u0660"),
        "%00",
        "%ff",
        "*",
        "🥬",
        "celeriac:due",
        "x" * 5_000,
    ],
)
def test_an_id_that_was_never_accepted_is_a_404(client: httpx.Client, task_id: str, kind: str) -> None:
    response = client.get(f"/tasks/{task_id}{kind}")
    assert response.status_code == 404
    assert document(response)["type"] == "urn:celeriac:problem:task-not-found"
    assert len(response.content) < 10_000


def test_an_id_in_capitals_is_the_same_id(client: httpx.Client) -> None:
    task = run(client, "add", x=1, y=2)
    response = client.get(f"/tasks/{task['task_id'].upper()}")
    assert document(response) == task


def test_a_forgotten_task_is_a_404(client: httpx.Client, redis: Redis) -> None:
    task = run(client, "add", x=1, y=2)
    redis.delete(f"celeriac:task:{task['task_id']}")
    assert client.get(task["links"]["self"]).status_code == 404


def test_a_task_whose_result_another_program_deleted_is_gone_and_not_null(
    client: httpx.Client, redis: Redis
) -> None:
    task = run(client, "add", x=1, y=2)
    redis.delete(f"celery-task-meta-{task['task_id']}")
    for link in (task["links"]["self"], task["links"]["result"]):
        assert client.get(link).status_code == 410
        assert document(client.get(link))["type"] == "urn:celeriac:problem:result-gone"


def test_a_failure_is_told_also_when_another_program_deleted_celery_s_result(
    client: httpx.Client, redis: Redis
) -> None:
    task = run(client, "fail", message="no such invoice")
    redis.delete(f"celery-task-meta-{task['task_id']}")
    assert shown(client, task) == task


@pytest.mark.parametrize(
    "garbage", ["", "x", "[]", "{}", "7", '{"status": ["SUCCESS"]}', '{"status":"SUCCESS"}', "\xff"]
)
def test_garbage_in_the_place_of_celery_s_result_is_a_failure_and_no_fault(
    quiet: httpx.Client, quiet_redis: Redis, garbage: str
) -> None:
    task = submit(quiet, "add", x=1, y=2)
    other = submit(quiet, "add", x=1, y=2)
    quiet_redis.set(f"celery-task-meta-{task['task_id']}", garbage.encode("latin-1"), ex=60)
    told = shown(quiet, task)
    assert (told["state"], told["error"]["type"]) == ("failed", "InvalidResult")
    assert shown(quiet, other)["state"] == "queued"


@pytest.mark.parametrize("result", ["NaN", "[Infinity]", "1e999", '"\\ud800"', "9" * 5_000])
def test_a_stock_worker_s_result_that_is_no_strict_json_is_a_failure_and_never_an_invalid_document(
    quiet: httpx.Client, quiet_redis: Redis, result: str
) -> None:
    task = submit(quiet, "add", x=1, y=2)
    stored = f'{{"status": "SUCCESS", "result": {result}, "traceback": null, "children": []}}'
    quiet_redis.set(f"celery-task-meta-{task['task_id']}", stored, ex=60)
    told = shown(quiet, task)
    assert (told["state"], told["ready"], told["successful"], told["result"]) == ("failed", True, False, None)
    assert told["error"]["type"] == "InvalidResult"


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("PENDING", "queued"),
        ("RECEIVED", "queued"),
        ("STARTED", "running"),
        ("RETRY", "retrying"),
        ("REVOKED", "cancelled"),
        ("PROGRESS", "running"),
    ],
)
def test_a_stock_worker_s_own_words_are_told_in_ours(
    quiet: httpx.Client, quiet_redis: Redis, status: str, state: str
) -> None:
    task = submit(quiet, "add", x=1, y=2)
    stored = f'{{"status": "{status}", "result": null, "traceback": null, "children": []}}'
    quiet_redis.set(f"celery-task-meta-{task['task_id']}", stored, ex=60)
    assert shown(quiet, task)["state"] == state


def test_the_bare_result_is_what_the_function_returned(client: httpx.Client) -> None:
    task = run(client, "add", x=10**30, y=1)
    response = client.get(task["links"]["result"])
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.content == str(10**30 + 1).encode()


def test_the_bare_result_of_a_task_that_is_not_ready_is_a_202_with_its_document(quiet: httpx.Client) -> None:
    task = submit(quiet, "add", x=4, y=5)
    response = quiet.get(task["links"]["result"])
    assert response.status_code == 202
    assert document(response) == task
    assert response.headers["location"] == task["links"]["self"]
    assert int(response.headers["retry-after"]) >= 1


def test_the_bare_result_of_a_failed_task_is_a_409_that_says_why(client: httpx.Client) -> None:
    task = run(client, "fail", message="no such invoice")
    response = client.get(task["links"]["result"])
    problem = document(response)
    assert response.status_code == 409
    assert problem["type"] == "urn:celeriac:problem:task-not-succeeded"
    assert "RuntimeError: no such invoice" in problem["detail"]
    assert (problem["task_id"], problem["state"]) == (task["task_id"], "failed")


def test_a_task_that_is_not_ready_says_when_to_ask_again_and_one_that_is_does_not(
    client: httpx.Client,
) -> None:
    queued = submit(client, "unserved")
    ready = run(client, "add", x=1, y=2)
    assert int(client.get(queued["links"]["self"]).headers["retry-after"]) >= 1
    assert "retry-after" not in client.get(ready["links"]["self"]).headers


def test_an_etag_stays_while_the_document_does_and_changes_with_it(
    client: httpx.Client, tmp_path: Path
) -> None:
    task = submit(client, "hold", until=str(tmp_path / "file"))
    in_state(client, task, "running")
    first, again = (client.get(task["links"]["self"]).headers["etag"] for _ in range(2))
    assert first == again
    (tmp_path / "file").touch()
    ended(client, task)
    assert client.get(task["links"]["self"]).headers["etag"] != first


@pytest.mark.parametrize("form", ["{tag}", "W/{tag}", '"other", {tag}', '"other",W/{tag} , "more"', "*"])
def test_an_etag_that_still_holds_is_answered_304_without_a_body(client: httpx.Client, form: str) -> None:
    task = run(client, "add", x=1, y=2)
    etag = client.get(task["links"]["self"]).headers["etag"]
    response = client.get(task["links"]["self"], headers={"If-None-Match": form.format(tag=etag)})
    assert (response.status_code, response.content) == (304, b"")
    assert response.headers["etag"] == etag


@pytest.mark.parametrize("form", ['"other"', "", "{bare}", '"{bare}', "nonsense,,"])
def test_an_etag_that_does_not_hold_is_answered_with_the_document(client: httpx.Client, form: str) -> None:
    task = run(client, "add", x=1, y=2)
    bare = client.get(task["links"]["self"]).headers["etag"].strip('"')
    response = client.get(task["links"]["self"], headers={"If-None-Match": form.format(bare=bare)})
    assert (response.status_code, document(response)) == (200, task)
