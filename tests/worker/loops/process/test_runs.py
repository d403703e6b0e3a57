"""A loop process runs async tasks: results, reports, and all the ways to end."""

import signal
from pathlib import Path
from threading import Event

import httpx
import pytest
from httpx_sse import connect_sse

from lab.harness.waiting import wait_until
from tests.support.door import Document, cancel, ended, in_state, run, submit
from tests.worker.loops.process.played import PlayedWorker

pytestmark = pytest.mark.usefixtures("loop")


def events_of(client: httpx.Client, task: Document) -> list[tuple[str, Document]]:
    """What has happened to a task that has ended."""
    with connect_sse(client, "GET", task["links"]["events"]) as source:
        return [(event.event, event.json()) for event in source.iter_sse()]


def test_the_result_is_what_the_coroutine_returns(loop_client: httpx.Client) -> None:
    task = run(loop_client, "add", x=2, y=3)
    assert (task["state"], task["result"], task["attempt"], task["queue"]) == ("succeeded", 5, 1, "async")


def test_the_result_of_a_generator_is_one_text_or_a_list(loop_client: httpx.Client) -> None:
    assert run(loop_client, "spell", text="größer")["result"] == "größer"
    assert run(loop_client, "count", to=3)["result"] == [0, 1, 2]
    long = "x" * 3_000
    assert run(loop_client, "spell", text=long)["result"] == long


def test_a_generator_fails_with_the_first_value_that_is_none_of_json(loop_client: httpx.Client) -> None:
    task = run(loop_client, "measure", endless=False)
    assert task["error"]["type"] == "InvalidResult"
    assert [data for kind, data in events_of(loop_client, task) if kind == "output"] == [{"chunk": 1.0}]


def test_a_generator_of_texts_fails_with_the_first_value_that_is_none(loop_client: httpx.Client) -> None:
    task = run(loop_client, "misspell")
    assert task["error"]["type"] == "InvalidResult"
    assert [data for kind, data in events_of(loop_client, task) if kind == "output"] == [{"chunk": "a"}]


def test_a_failure_is_in_the_log_with_its_traceback(loop: PlayedWorker, loop_client: httpx.Client) -> None:
    task_id = run(loop_client, "fail", kind="ValueError")["task_id"]
    wait_until(lambda: f"task {task_id} (fail) failed: ('wrong', {{1, 2}})" in loop.log)
    line = loop.log.partition(f"task {task_id} (fail) failed")[2]
    assert "raise errors[kind]" in line


def test_a_generator_that_goes_on_fails_when_its_result_is_too_large(loop_client: httpx.Client) -> None:
    assert run(loop_client, "measure", endless=True)["error"]["type"] == "ResultTooLarge"


def test_many_rest_at_once(loop_client: httpx.Client) -> None:
    tasks = [submit(loop_client, "rest", seconds=0.5) for _ in range(150)]
    assert {ended(loop_client, task)["result"] for task in tasks} == {0.5}


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [
        ("SystemExit", "Exited", "the task raised SystemExit(3)"),
        ("KeyboardInterrupt", "Exited", "the task raised KeyboardInterrupt()"),
        ("GeneratorExit", "Exited", "the task raised GeneratorExit()"),
        ("MemoryError", "OutOfMemory", "full"),
        ("CancelledError", "Exited", "nobody had cancelled it"),
        ("ValueError", "ValueError", "('wrong', {1, 2})"),
        ("Cancelled", "Cancelled", "nobody asked"),
    ],
)
def test_whatever_it_raises_is_its_failure(
    loop_client: httpx.Client, kind: str, error: str, words: str
) -> None:
    task = run(loop_client, "fail", kind=kind)
    assert (task["state"], task["error"]["type"]) == ("failed", error)
    assert words in task["error"]["message"]
    assert "endings.py" in task["error"]["traceback"]


def test_too_deep_a_recursion_is_a_failure(loop_client: httpx.Client) -> None:
    assert run(loop_client, "recurse")["error"]["type"] == "RecursionError"


def test_tasks_of_asyncio_that_it_leaves_behind_are_cancelled(
    loop: PlayedWorker, loop_client: httpx.Client
) -> None:
    task = run(loop_client, "leave_child", kind="orphaned")
    assert task["result"] == "orphaned"
    wait_until(lambda: "the child was cancelled" in run(loop_client, "show_seen")["result"])
    assert (
        f"task {task['task_id']}: what it started in asyncio and left running at its end is cancelled (1"
        in loop.log
    )


def test_a_child_that_exits_does_not_end_the_loop(loop: PlayedWorker, loop_client: httpx.Client) -> None:
    assert run(loop_client, "leave_child", kind="exits")["state"] == "succeeded"
    assert run(loop_client, "add", x=1, y=1)["result"] == 2
    assert loop.process.poll() is None


def test_attempts_follow_the_retry_policy(loop_client: httpx.Client) -> None:
    task = run(loop_client, "stumble", times=2)
    assert (task["state"], task["result"], task["attempt"]) == ("succeeded", 3, 3)
    assert run(loop_client, "stumble", times=5)["error"]["type"] == "OSError"


@pytest.mark.parametrize(
    ("how", "state", "outcome"),
    [
        ("raises", "failed", "SoftTimeLimitExceeded"),
        ("returns", "succeeded", "a part"),
        ("fails", "failed", "ValueError"),
        ("goes on", "failed", "TimeLimitExceeded"),
    ],
)
def test_at_its_time_limits_it_is_cancelled(
    loop_client: httpx.Client, how: str, state: str, outcome: str
) -> None:
    task = run(loop_client, "be_late", how=how)
    assert task["state"] == state
    assert (task["result"] if state == "succeeded" else task["error"]["type"]) == outcome


def test_a_task_that_is_terminated_cleans_up(loop_client: httpx.Client, tmp_path: Path) -> None:
    file = tmp_path / "said"
    task = in_state(loop_client, submit(loop_client, "clean_up", path=str(file)), "running")
    cancel(loop_client, task, terminate=True)
    assert ended(loop_client, task)["state"] == "cancelled"
    assert file.read_text() == "cleaned up\n"


def test_a_task_that_returns_after_all_has_succeeded(loop_client: httpx.Client, tmp_path: Path) -> None:
    submitted = submit(loop_client, "clean_up", path=str(tmp_path / "said"), returns=True)
    task = in_state(loop_client, submitted, "running")
    cancel(loop_client, task, terminate=True)
    assert ended(loop_client, task)["result"] == "returned after all"


def test_a_task_is_asked_to_stop(loop_client: httpx.Client) -> None:
    task = in_state(loop_client, submit(loop_client, "ask_often"), "running")
    cancel(loop_client, task)
    assert ended(loop_client, task)["state"] == "cancelled"


def test_a_loop_that_is_held_up_says_where_and_does_not_count_the_time_while_it_was_stopped(
    loop: PlayedWorker, loop_client: httpx.Client
) -> None:
    task = submit(loop_client, "block", seconds=4)
    in_state(loop_client, task, "running")
    loop.process.send_signal(signal.SIGSTOP)
    Event().wait(2)
    loop.process.send_signal(signal.SIGCONT)
    blocked = wait_until(
        lambda: next((each for each in loop.blocked if each.task_id == task["task_id"]), None)
    )
    assert "endings.py" in blocked.place
    assert "time.sleep(seconds)" in blocked.place
    assert 1.0 <= blocked.seconds < 2.0
    assert ended(loop_client, task)["result"] == 4


def test_events_go_out_while_it_runs(loop_client: httpx.Client) -> None:
    task = run(loop_client, "report", words=["one", "two"])
    events = events_of(loop_client, task)
    assert [data["line"] for kind, data in events if kind == "log"] == ["one", "two", "from a thread"]
    assert "".join(data["chunk"] for kind, data in events if kind == "output") == "onetwo"
    assert [data["done"] for kind, data in events if kind == "progress"][-1] == 2
    assert task["result"] == 1


@pytest.mark.parametrize("name", ["submit_and_wait", "submit_in_thread"])
def test_it_submits_tasks(loop_client: httpx.Client, name: str) -> None:
    parent = run(loop_client, name, x=5)
    child = ended(loop_client, {"links": {"self": f"/tasks/{parent['result']}"}})
    assert child["parent_id"] == parent["task_id"]
    assert child["result"] in (6, 7)


def test_what_it_submits_without_waiting_is_accepted_in_order(loop_client: httpx.Client) -> None:
    parent = run(loop_client, "submit_chain", x=5)
    assert ended(loop_client, {"links": {"self": f"/tasks/{parent['result']}"}})["result"] == 16


def test_a_refused_submission_is_an_error_of_the_task(loop_client: httpx.Client) -> None:
    assert run(loop_client, "submit_wrongly", how="input")["result"] == "InvalidInput"
    assert run(loop_client, "submit_wrongly", how="awaited")["result"] == "DependencyNotFound"
    assert run(loop_client, "submit_wrongly", how="later")["error"]["type"] == "DependencyNotFound"
