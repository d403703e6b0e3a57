"""A client submits tasks, waits for them, and reads what the API knows."""

import asyncio
import base64
import os
import pickle
import signal
import subprocess
import sys
import threading
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from celeriac.client import errors
from celeriac.client.client import AsyncTask, Client, default_async_client, default_client
from celeriac.client.profiles import Profile, write_profile
from lab.harness.servers import API, environment
from lab.harness.waiting import wait_until
from tasks.images import ONE_PIXEL_PNG
from tests.client.sides import Awaited, Side


def test_a_task_runs_like_a_function(ours: Any) -> None:
    assert ours.run("add", x=4, y=5) == 9
    assert ours.run("add", input={"x": 4, "y": 10**30}) == 4 + 10**30


def test_a_submitted_task_has_a_handle(ours: Any) -> None:
    task = ours.submit("add", x=4, y=5)
    assert (task.name, task.queue, task.state) == ("add", "default", "queued")
    assert uuid.UUID(task.id).version
    assert task.result() == 9
    assert (task.state, task.ready, task.attempt) == ("succeeded", True, 1)
    assert task.document["result"] == 9
    assert task.created_at <= datetime.now(UTC) + timedelta(minutes=1)
    assert task.input() == {"x": 4, "y": 5}
    assert repr(task) in {f"<{kind} {task.id} 'add' succeeded>" for kind in ("Task", "AsyncTask")}


def test_a_handle_made_from_an_id_reads_the_task(ours: Any) -> None:
    task = ours.task(ours.submit("add", x=1, y=1).id)
    with pytest.raises(RuntimeError, match=r"call refresh\(\) first"):
        task.document  # noqa: B018 - reading it raises
    assert task.wait().result() == 2
    assert ours.get(task.id).refresh().state == "succeeded"


def test_a_failed_task_raises_its_error_with_type_and_message(ours: Any) -> None:
    with pytest.raises(errors.TaskFailed, match="RuntimeError: no such invoice") as failure:
        ours.run("fail", message="no such invoice")
    assert (failure.value.type, failure.value.reason) == ("RuntimeError", "no such invoice")
    assert failure.value.task.id == failure.value.task_id
    assert ours.get(failure.value.task_id).error["type"] == "RuntimeError"
    again = ours.get(failure.value.task_id).retry(input={"message": "another"})
    assert again.wait().document["retry_of"] == failure.value.task_id
    assert again.error["message"] == "another"


def test_a_wait_ends_in_time_and_the_task_goes_on(ours: Any, tmp_path: Path) -> None:
    task = ours.submit("hold", until=str(tmp_path / "file"))
    with pytest.raises(TimeoutError) as out:
        task.wait(timeout=0.3)
    assert isinstance(out.value, errors.TimedOut)
    assert out.value.task_id == task.id
    (tmp_path / "file").touch()
    assert task.wait(timeout=60).state == "succeeded"


def test_a_run_out_of_time_still_knows_its_task(ours: Any, tmp_path: Path) -> None:
    with pytest.raises(errors.TimedOut) as out:
        ours.run("hold", until=str(tmp_path / "file"), timeout=2)
    (tmp_path / "file").touch()
    assert ours.task(out.value.task_id).wait().state == "succeeded"


def test_a_task_can_wait_in_another_queue_and_has_tags(ours: Any) -> None:
    tag = uuid.uuid4().hex
    task = ours.submit("add", x=4, y=5, queue="unserved", delay=60, tags=[tag, "blue"])
    assert (task.document["queue"], task.document["tags"]) == ("unserved", [tag, "blue"])
    assert ours.submit("add", x=4, y=5, tags=tag).document["tags"] == [tag]
    assert [each.id for each in ours.tasks(tag=[tag, "blue"], state="scheduled")] == [task.id]
    with pytest.raises(errors.InvalidInput, match="known queue"):
        ours.submit("add", x=4, y=5, queue="no-such-queue")


def test_a_task_is_cancelled_and_forgotten(ours: Any, tmp_path: Path) -> None:
    task = ours.submit("add", x=1, y=2, delay=3600)
    assert task.state == "scheduled"
    assert task.cancel().state == "cancelled"
    with pytest.raises(errors.TaskCancelled):
        task.result()
    task.forget()
    task.forget()
    with pytest.raises(errors.TaskGone):
        task.refresh()
    running = ours.submit("hold", until=str(tmp_path / "never"))
    wait_until(lambda: running.refresh().state == "running")
    assert running.cancel(terminate=True).document["cancel_requested"]
    assert running.wait().state == "cancelled"


def test_a_task_that_did_not_start_in_time_has_expired(ours: Any) -> None:
    task = ours.submit("add", x=1, y=2, delay=timedelta(seconds=3600), expires=0.1)
    with pytest.raises(errors.TaskExpired):
        task.result()


def test_a_task_runs_after_others(ours: Any, tmp_path: Path) -> None:
    first = ours.submit("hold", until=str(tmp_path / "gate"))
    second = ours.submit("add", x=1, y=2)
    task = ours.submit("add", x=4, y=5, after=[first, second.id])
    alone = ours.submit("add", x=4, y=5, after=uuid.UUID(first.id), when="failed", task_id=uuid.uuid4())
    assert task.state == alone.state == "blocked"
    assert first.id in task.document["blocked_by"]["tasks"]
    (tmp_path / "gate").touch()
    assert task.result() == 9
    with pytest.raises(errors.TaskCancelled, match="it waited for task"):
        alone.result()
    with pytest.raises(errors.DependencyNotFound) as unknown:
        ours.submit("add", x=4, y=5, after=str(uuid.UUID(int=1)))
    assert unknown.value.problem["dependency"] == str(uuid.UUID(int=1))


def test_an_input_refers_to_results(ours: Any) -> None:
    first = ours.submit("add", x=1, y=2)
    words = ours.submit("word_count", text="to be")
    task = ours.submit("add", x=first.reference(), y=words.reference("/be"), after=words)
    assert task.result() == 4


def test_a_repeated_submission_is_the_same_task(ours: Any) -> None:
    key, task_id = uuid.uuid4().hex, uuid.uuid4()
    assert len({ours.submit("add", x=1, y=2, idempotency_key=key).id for _ in range(3)}) == 1
    assert {ours.submit("add", x=1, y=2, task_id=task_id).id for _ in range(3)} == {str(task_id)}
    assert len({ours.submit("add", x=1, y=2).id for _ in range(3)}) == 3
    with pytest.raises(errors.IdempotencyConflict) as conflict:
        ours.submit("add", x=1, y=3, task_id=task_id)
    assert conflict.value.task_id == str(task_id)


def test_a_pickled_task_is_its_id(ours: Any, api: API, side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CELERIAC_URL", f"http://127.0.0.1:{api.port}")
    task = ours.submit("add", x=4, y=5)
    thing = task.thing if isinstance(task, Awaited) else task
    pickled = pickle.dumps(thing)
    assert len(pickled) < 150
    assert side.of(pickle.loads(pickled)).result() == 9  # noqa: S301 - it was pickled here
    default_client.cache_clear()
    default_async_client.cache_clear()


def test_an_unpickled_task_serves_one_event_loop_after_another(
    api: API, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CELERIAC_URL", f"http://127.0.0.1:{api.port}")
    with Client() as client:
        task = pickle.loads(pickle.dumps(AsyncTask(None, client.submit("add", x=4, y=5).id)))  # noqa: S301
    assert [asyncio.run(task.result()), asyncio.run(task.refresh()).state] == [9, "succeeded"]
    default_async_client.cache_clear()


def test_an_unpickled_task_follows_the_profile_of_the_environment(
    api: API, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_profile(Profile("nowhere", "http://127.0.0.1:1"))
    write_profile(Profile("here", f"http://127.0.0.1:{api.port}"))
    with Client(profile="here") as client:
        pickled = pickle.dumps(client.submit("add", x=4, y=5))
    for profile in ("nowhere", "here"):
        monkeypatch.setenv("CELERIAC_PROFILE", profile)
        task = pickle.loads(pickled)  # noqa: S301 - it was pickled here
        if profile == "here":
            assert task.result() == 9
        else:
            with pytest.raises(errors.Unreachable):
                task.refresh(timeout=0.1)
    default_client.cache_clear()


def test_files_travel_as_base64(ours: Any, tmp_path: Path) -> None:
    picture = base64.b64decode(ONE_PIXEL_PNG)
    (tmp_path / "photo.png").write_bytes(picture)
    with (tmp_path / "photo.png").open("rb") as file:
        for image in (picture, bytearray(picture), tmp_path / "photo.png", file):
            task = ours.submit("thumbnail", image=image, width=1)
            assert task.input()["image"] == ONE_PIXEL_PNG


def test_tasks_are_listed_over_all_pages(ours: Any) -> None:
    before = datetime.now(UTC) - timedelta(seconds=5)
    submitted = [ours.submit("word_count", text=str(number)).id for number in range(205)]
    listed = [task.id for task in ours.tasks(name="word_count", created_after=before)]
    assert listed[:205] == submitted[::-1]
    newest = next(iter(ours.tasks(name=["word_count"], omit_results=True)))
    assert "result" not in newest.document
    assert newest.result() == {"204": 1}


def test_queues_are_read_and_operated(ours: Any) -> None:
    assert "default" in [queue["name"] for queue in ours.queues()]
    assert ours.pause("default")["paused"]
    assert ours.queue("default")["paused"]
    assert not ours.resume("default")["paused"]
    assert ours.rejected("default") == []
    with pytest.raises(errors.UnknownQueue):
        ours.queue("no-such-queue")


def test_the_service_describes_itself(ours: Any) -> None:
    assert "add" in [definition["name"] for definition in ours.catalog()]
    assert [worker["kind"] for worker in ours.workers()] == ["celeriac"]
    assert ours.livez() == ours.readyz() == {"status": "ok"}
    assert "/add" in ours.openapi()["paths"]
    assert "celeriac_" in ours.metrics()
    assert "admin" in ours.me()["scopes"]
    assert ours.keys() == []
    assert isinstance(list(ours.audit()), list)


def test_threads_share_a_client(ours: Any, side: Side) -> None:
    if side.name == "async":
        pytest.skip("its coroutines share it: `map` shows that")
    results: list[int] = []
    threads = [threading.Thread(target=lambda: results.append(ours.run("add", x=1, y=1))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [2] * 8


def test_a_wait_that_is_broken_off_leaves_the_task(ours: Any, side: Side, tmp_path: Path) -> None:
    task = ours.submit("hold", until=str(tmp_path / "file"))
    if side.name == "sync":
        timer = threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            task.wait()
        timer.join()
    else:
        with pytest.raises(TimeoutError):
            side.run(asyncio.wait_for(task.thing.wait(), 0.5))
    assert not task.refresh().document["cancel_requested"]
    (tmp_path / "file").touch()
    assert task.result() == "let go"


FORK = """
import os
from celeriac import Client

client = Client()
assert client.run("add", x=0, y=0) == 0
child = os.fork()
for number in range(30):
    assert client.run("add", x=number, y=child) == number + child
if child:
    os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_fork_does_not_share_the_connections_of_its_parent(api: API) -> None:
    variables = {**environment(), "CELERIAC_URL": f"http://127.0.0.1:{api.port}"}
    program = subprocess.run(
        [sys.executable, "-c", FORK], env=variables, capture_output=True, text=True, check=False
    )
    assert program.returncode == 0, program.stderr
