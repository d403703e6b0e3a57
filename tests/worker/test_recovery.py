"""Every accepted task that was lost is found and runs within seconds."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis

from celeriac.ledger.store import keys
from celeriac.stack.valkey import Valkey
from lab.harness.processes import descendants
from lab.harness.servers import APP, OTHER, running_api, running_worker
from lab.harness.waiting import wait_until
from tests.support.door import Document, document, ended, in_state, run, shown, submit
from tests.support.marks import linux_only

# Short, so that the tests are; what the defaults are is in docs/reference/settings.md.
SOON: dict[str, Any] = {"lease": 2, "rescue_grace": 1}
# A lease that does not end while a test runs: whoever recovers before it has not waited for it.
LONG: dict[str, Any] = {**SOON, "lease": 600}
BOUND_SECONDS = 15.0
MANY = 250

pytestmark = linux_only


@pytest.fixture(scope="module")
def server(directory: Path) -> Iterator[Valkey]:
    """A Valkey of these tests' own: they reset every connection to it."""
    with Valkey(directory / "recovery") as server:
        yield server


@pytest.fixture(scope="module")
def redis(server: Valkey) -> Iterator[Redis]:
    """A client of it."""
    with Redis.from_url(server.url) as client:
        yield client


@pytest.fixture(scope="module")
def door(server: Valkey, directory: Path) -> Iterator[httpx.Client]:
    """An API that looks after what is lost."""
    with running_api(directory, redis_url=server.url, **SOON) as api, api.client() as client:
        yield client


@pytest.fixture(params=sorted({APP, OTHER}), ids=lambda app: app.rpartition(".")[2])
def app(request: pytest.FixtureRequest) -> str:
    """Where a worker finds its app: on our pool, and on Celery's own."""
    app: str = request.param
    return app


def test_a_task_whose_worker_is_killed_runs_again_on_another_within_seconds(
    app: str, server: Valkey, door: httpx.Client, directory: Path, tmp_path: Path
) -> None:
    with (
        running_worker(directory, "-n", "one@here", app=app, redis_url=server.url, **SOON) as one,
        running_worker(directory, "-n", "other@here", app=app, redis_url=server.url, **SOON) as other,
    ):
        task = submit(door, "hold", until=str(tmp_path / "gate"))
        running = in_state(door, task, "running")
        (one if running["worker"] == "one@here" else other).kill()
        again = attempted(door, task, 2)
        assert again["worker"] != running["worker"]
        (tmp_path / "gate").touch()
        assert ended(door, task)["state"] == "succeeded"


def test_a_task_that_has_submitted_others_and_is_killed_submits_them_once(
    server: Valkey, door: httpx.Client, directory: Path, tmp_path: Path
) -> None:
    trace, told, gate = tmp_path / "trace", tmp_path / "told", tmp_path / "gate"
    child = {"name": "append", "input": {"file": str(trace), "line": "x"}}
    options = {"redis_url": server.url, **SOON}
    with running_worker(directory, "-c", "1", "-n", "one@here", **options) as one:
        task = submit(door, "submit_each", submissions=[child] * 2, file=str(told), until=str(gate))
        wait_until(told.exists)
        one.kill()
    with running_worker(directory, "-c", "1", "-n", "other@here", **options):
        attempted(door, task, 2)
        gate.touch()
        task_ids = ended(door, task)["result"]
        for task_id in task_ids:
            at_end = ended(door, {"links": {"self": f"/tasks/{task_id}"}})
            assert (at_end["attempt"], at_end["parent_id"]) == (1, task["task_id"])
    assert told.read_text().split() == ["submitted"] * 2
    assert trace.read_text().split() == ["x"] * 2
    listed = document(door.get("/tasks?name=append"))["items"]
    assert {each["task_id"] for each in listed} == {*task_ids}


def test_a_task_whose_process_is_killed_runs_again_at_once(
    server: Valkey, door: httpx.Client, directory: Path, tmp_path: Path
) -> None:
    with running_worker(directory, "-c", "1", redis_url=server.url, **LONG) as worker:
        task = submit(door, "hold", until=str(tmp_path / "gate"))
        in_state(door, task, "running")
        (child,) = descendants(worker.pid)
        os.kill(child.pid, signal.SIGKILL)
        attempted(door, task, 2)
        (tmp_path / "gate").touch()
        assert ended(door, task)["state"] == "succeeded"


def test_a_task_that_kills_its_process_each_time_fails_with_the_reason_and_the_pool_goes_on(
    server: Valkey, door: httpx.Client, directory: Path
) -> None:
    with running_worker(directory, "-c", "1", redis_url=server.url, max_lost_runs=2, **LONG):
        at_end = run(door, "die")
        assert (at_end["state"], at_end["attempt"]) == ("failed", 2)
        assert "SIGKILL" in at_end["error"]["message"]
        assert "started 2 times" in at_end["error"]["message"]
        assert run(door, "add", x=4, y=5)["result"] == 9


def test_messages_that_were_popped_and_lost_are_queued_again_each_once(
    server: Valkey, door: httpx.Client, redis: Redis, directory: Path, tmp_path: Path
) -> None:
    """More at once than a round of the keeper looks at."""
    with running_worker(directory, "-c", "1", redis_url=server.url, **SOON):
        holding = submit(door, "hold", until=str(tmp_path / "gate"))
        in_state(door, holding, "running")
        tasks = [submit(door, "add", x=number, y=0) for number in range(MANY)]
        redis.delete("default")
        returned = [keys.record(task["task_id"]) for task in tasks]
        wait_until(lambda: redis.llen("default") == MANY, BOUND_SECONDS)
        assert {redis.hget(record, "returned") for record in returned} == {b"1"}
        (tmp_path / "gate").touch()
        assert [ended(door, task)["result"] for task in tasks] == list(range(MANY))


def test_a_worker_on_sigterm_hands_back_what_it_runs(
    app: str,
    server: Valkey,
    door: httpx.Client,
    directory: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REMAP_SIGTERM", "SIGQUIT")
    short = {**LONG, "shutdown_grace": 0.2}
    with running_worker(directory, app=app, redis_url=server.url, **short) as worker:
        tasks = [submit(door, "hold", until=str(tmp_path / "gate")) for _ in range(5)]
        wait_until(lambda: [shown(door, task)["state"] for task in tasks].count("running") == 2)
        worker.signal(signal.SIGTERM)
        wait_until(lambda: {shown(door, task)["state"] for task in tasks} == {"queued"}, BOUND_SECONDS)
        worker.wait_for_end()
        (tmp_path / "gate").touch()
    with running_worker(directory, redis_url=server.url, **LONG):
        at_end = [ended(door, task) for task in tasks]
    assert {task["state"] for task in at_end} == {"succeeded"}
    assert sorted(task["attempt"] for task in at_end) == [1, 1, 1, 2, 2]


def test_all_connections_reset_right_after_the_push_lose_nothing(
    server: Valkey, door: httpx.Client, redis: Redis, directory: Path
) -> None:
    with running_worker(directory, redis_url=server.url, **SOON):
        tasks = []
        for number in range(10):
            wait_until(lambda: waits_for_a_message(redis))
            tasks += [submitted_at_last(door, number, other) for other in range(5)]
            redis.execute_command("CLIENT", "KILL", "TYPE", "normal")
        assert [ended(door, task)["state"] for task in tasks] == ["succeeded"] * 50


def attempted(door: httpx.Client, task: Document, attempt: int) -> Document:
    """The task's document as soon as this attempt of it runs, within the bound."""
    start = time.monotonic()
    found = wait_until(
        lambda: now if (now := shown(door, task))["attempt"] == attempt else None, BOUND_SECONDS
    )
    print(f"attempt {attempt} runs {time.monotonic() - start:.1f} s after the loss")  # noqa: T201 - pytest -s reports it
    return found


def submitted_at_last(door: httpx.Client, x: int, y: int) -> Document:
    """A task, submitted as often as it takes: the API's connections are reset, too."""
    headers = {"Idempotency-Key": f"reset-{x}-{y}"}
    response = wait_until(
        lambda: (
            answer
            if (answer := door.post("/add", json={"x": x, "y": y}, headers=headers)).status_code == 202
            else None
        )
    )
    accepted: Document = document(response)
    return accepted


def waits_for_a_message(redis: Redis) -> bool:
    """Whether a worker is inside its BRPOP."""
    return any("b" in client["flags"] for client in redis.client_list())
