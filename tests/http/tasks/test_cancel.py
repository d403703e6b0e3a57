"""A cancelled task never starts, and a running one ends where it may."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from pathlib import Path

import httpx
import pytest
from redis import Redis

from celeriac import context
from lab.harness.checkout import python_path
from lab.harness.program import Program
from lab.harness.servers import ALONE, environment, new_log, running_worker
from lab.harness.waiting import wait_until
from tests.support.connections import is_asked_by_remote_control
from tests.support.door import cancel, document, ended, in_state, problem_of, run, shown, submit, submit_with

UNKNOWN = "6f1e0c57-8a0d-4b7e-9c21-5d0b7e3f4a10"


@pytest.mark.parametrize("path", ["/append", "/append?delay=0.5"], ids=["queued", "scheduled"])
def test_a_task_that_was_cancelled_before_it_started_never_runs(
    path: str, own_client: httpx.Client, own_url: str, own_redis: Redis, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    task = submit_with(own_client, path, file=str(trace), line="ran")
    response = cancel(own_client, task)
    assert (response.status_code, document(response)["state"]) == (200, "cancelled")
    with running_worker(tmp_path, "-Q", "default", redis_url=own_url):
        run(own_client, "add", x=1, y=2)
        wait_until(lambda: not own_redis.exists("default", "celeriac:due", "celeriac:waiting:default"))
        run(own_client, "add", x=1, y=2)
    assert not trace.exists()
    assert (shown(own_client, task)["state"], shown(own_client, task)["attempt"]) == ("cancelled", 0)


def test_a_task_between_two_attempts_is_cancelled_at_once(client: httpx.Client) -> None:
    task = in_state(client, submit(client, "retry_in_an_hour"), "retrying")
    response = cancel(client, task)
    assert (response.status_code, document(response)["state"]) == (200, "cancelled")
    assert document(response)["error"]["type"] == "TaskRevokedError"


def test_who_waits_is_told_of_the_cancelling(quiet: httpx.Client) -> None:
    task = submit(quiet, "add", x=1, y=2)
    cancel(quiet, task)
    assert ended(quiet, task)["state"] == "cancelled"


def test_that_a_running_task_was_asked_to_end_is_told_also_of_one_that_did_not(
    client: httpx.Client, tmp_path: Path
) -> None:
    until = tmp_path / "let go"
    task = in_state(client, submit(client, "hold", until=str(until)), "running")
    assert task["cancel_requested"] is False
    assert document(cancel(client, task))["cancel_requested"] is True
    (item,) = document(client.get("/tasks?omit=result&limit=1"))["items"]
    assert (item["task_id"], item["state"], item["cancel_requested"]) == (task["task_id"], "running", True)
    until.touch()
    at_end = ended(client, task)
    assert (at_end["state"], at_end["result"], at_end["cancel_requested"]) == ("succeeded", "let go", True)


def test_a_task_that_is_cancelled_was_asked_to_be(quiet: httpx.Client) -> None:
    assert document(cancel(quiet, submit(quiet, "add", x=1, y=2)))["cancel_requested"] is True


def test_a_running_task_is_terminated_within_three_seconds_and_the_pool_goes_on(
    client: httpx.Client, tmp_path: Path
) -> None:
    task = in_state(client, submit(client, "hold", until=str(tmp_path / "never")), "running")
    asked_at = time.monotonic()
    assert cancel(client, task, terminate=True).status_code == 202
    at_end = ended(client, task)
    assert time.monotonic() - asked_at < 3
    assert (at_end["state"], at_end["successful"], at_end["attempt"]) == ("cancelled", False, 1)
    assert [run(client, "add", x=number, y=0)["result"] for number in range(4)] == [0, 1, 2, 3]
    assert shown(client, task) == at_end


def test_a_running_task_that_asks_is_told_and_may_stop_with_words_of_its_own(
    client: httpx.Client, worker: Program, tmp_path: Path
) -> None:
    until = tmp_path / "answered"
    task = submit(client, "stop_when_asked", started=str(tmp_path / "started"), until=str(until))
    wait_until((tmp_path / "started").exists)
    response = cancel(client, task)
    until.touch()
    assert (response.status_code, document(response)["state"]) == (202, "running")
    at_end = ended(client, task)
    assert (at_end["state"], at_end["result"]) == ("cancelled", None)
    assert at_end["error"] == {"type": "TaskRevokedError", "message": "asked to", "traceback": None}
    words = f"{task['task_id']}: cancelled: asked to"
    wait_until(lambda: [line for line in worker.log.splitlines() if words in line])


def test_a_running_task_that_is_asked_may_end_otherwise(client: httpx.Client, tmp_path: Path) -> None:
    task = submit(client, "finish_although_asked", started=str(tmp_path / "started"))
    wait_until((tmp_path / "started").exists)
    cancel(client, task)
    assert ended(client, task)["result"] == "done all the same"


def test_a_task_that_stops_although_nobody_asked_fails(client: httpx.Client) -> None:
    task = run(client, "stop_unasked")
    assert (task["state"], task["error"]["type"]) == ("failed", "Cancelled")


def test_outside_a_worker_nothing_is_cancelled() -> None:
    assert context.cancelled() is False


def test_redis_is_asked_no_more_often_than_every_quarter_of_a_second() -> None:
    answers = iter([False, True])

    def in_a_run() -> list[bool]:
        context.begin(1, ask=lambda: next(answers))
        return [context.cancelled() for _ in range(100)]

    assert copy_context().run(in_a_run) == [False] * 100
    assert next(answers) is True


def test_cancelling_twice_is_answered_the_same_twice(quiet: httpx.Client) -> None:
    task = submit(quiet, "add", x=1, y=2)
    first, second = cancel(quiet, task), cancel(quiet, task)
    assert (first.status_code, first.content) == (second.status_code, second.content)


def test_a_task_that_has_ended_cannot_be_cancelled(client: httpx.Client) -> None:
    task = run(client, "add", x=1, y=2)
    response = cancel(client, task)
    assert problem_of(response) == (409, "task-ended")
    assert document(response)["state"] == "succeeded"
    assert shown(client, task) == task


def test_an_unknown_task_cannot_be_cancelled(quiet: httpx.Client) -> None:
    assert problem_of(quiet.post(f"/tasks/{UNKNOWN}/cancel")) == (404, "task-not-found")


def test_a_stock_worker_hears_celery_s_own_revoke(
    own_client: httpx.Client, own_redis: Redis, stock_worker: Callable[[], Program]
) -> None:
    stock = stock_worker()
    wait_until(lambda: is_asked_by_remote_control(own_redis), what="the subscription of its remote control")
    task = submit(own_client, "add", x=1, y=2)
    response = cancel(own_client, task)
    assert (response.status_code, document(response)["state"]) == (202, "queued")
    wait_until(lambda: f"Tasks flagged as revoked: {task['task_id']}" in stock.log, what="Celery's revoke")
    own_redis.rpoplpush("default", "elsewhere")  # now it takes the message
    at_end = ended(own_client, task)
    assert (at_end["state"], at_end["attempt"]) == ("cancelled", 0)
    assert cancel(own_client, task).status_code == 200


def test_a_task_that_only_a_stock_worker_was_asked_to_cancel_is_not_started_by_ours(
    own_client: httpx.Client, own_url: str, own_redis: Redis, tmp_path: Path
) -> None:
    with listening(own_redis):
        task = submit(own_client, "add", x=1, y=2)
        assert cancel(own_client, task).status_code == 202
    with running_worker(tmp_path, "-Q", "default", redis_url=own_url):
        assert ended(own_client, task)["state"] == "cancelled"


@pytest.fixture
def stock_worker(own_url: str, tmp_path: Path) -> Iterator[Callable[[], Program]]:
    """Starts a Celery worker that knows nothing of Celeriac, with remote control, on this test's database."""
    started: list[Program] = []

    def start() -> Program:
        command = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "tests.conformance.plain",
            "worker",
            "-c",
            "1",
            "-Q",
            "elsewhere",
            *ALONE,
        ]
        settings = {**environment(), "CELERY_URL": own_url, "PYTHONPATH": python_path()}
        started.append(Program([*command, "--loglevel", "INFO"], settings, new_log(tmp_path, "stock")))
        started[0].wait_until(lambda: " ready." in started[0].log)
        return started[0]

    yield start
    for server in started:
        server.kill()


@contextmanager
def listening(redis: Redis) -> Iterator[None]:
    """Somebody listens on Celery's channel for remote control, as a stock worker does."""
    with redis.pubsub() as listener:
        listener.subscribe(pidbox(redis))
        wait_until(lambda: redis.pubsub_numsub(pidbox(redis))[0][1])
        yield


def pidbox(redis: Redis) -> str:
    """The channel of Celery's remote control in this database."""
    return f"/{redis.connection_pool.connection_kwargs['db']}.celery.pidbox"
