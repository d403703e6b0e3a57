"""What becomes of tasks whose definition changes, or differs between the API and the worker."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from lab.harness.program import Program
from lab.harness.servers import running_api, running_worker
from tests.support.door import Document, document, ended, in_state, problem_of, submit

BEFORE, AFTER = "tests.worker.definitions.before", "tests.worker.definitions.after"
SECRET = "secret-in-the-input"
# What is accepted by the definitions of before, by what happens to the definition.
OLD: dict[str, tuple[str, dict[str, Any]]] = {
    "renamed": ("reindex", {"index": SECRET}),
    "lost a parameter": ("greet", {"name": "Ada", "times": 2}),
    "lost a parameter that was left out": ("greet", {"name": "Ada"}),
    "got an optional parameter": ("pay", {"cents": 5}),
    "got a required parameter": ("ship", {"order": 1}),
    "got another type": ("find", {"number": 3}),
    "got a wider type": ("measure", {"length": 4}),
    "kept its name": ("notify", {"text": "done"}),
    "moved to another queue": ("draw", {"shape": "circle"}),
    "got a shorter time limit": ("rest", {"seconds": 1}),
    "got retries": ("stumble", {}),
}
# How a task that was accepted before ends at a worker of after: its result, or the type of its error.
AT_A_LATER_WORKER = {
    "renamed": "NotRegistered",
    "lost a parameter": "InvalidInput",
    "lost a parameter that was left out": "Ada",
    "got an optional parameter": "5 EUR",
    "got a required parameter": "InvalidInput",
    "got another type": "InvalidInput",
    "got a wider type": "4.0",
    "kept its name": "done",
    "moved to another queue": "circle",
    "got a shorter time limit": "rested",
    "got retries": "recovered",
}
# What is accepted by the definitions of after, and how it ends at a worker of before.
AT_AN_EARLIER_WORKER: dict[str, tuple[str, dict[str, Any], str]] = {
    "renamed": ("rebuild", {"index": "all"}, "NotRegistered"),
    "lost a parameter": ("greet", {"name": "Ada"}, "Ada"),
    "got an optional parameter": ("pay", {"cents": 5, "currency": "USD"}, "InvalidInput"),
    "got an optional parameter that is left out": ("pay", {"cents": 5}, "5"),
    "got a required parameter": ("ship", {"order": 1, "carrier": "DHL"}, "InvalidInput"),
    "got another type": ("find", {"number": "3"}, "InvalidInput"),
    "got a wider type": ("measure", {"length": 4.5}, "InvalidInput"),
    "kept its name": ("notify", {"text": "done"}, "done"),
}


@pytest.fixture(scope="module")
def own_database(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.fixture(scope="module")
def accepted(own_database: str, directory: Path) -> dict[str, Document]:
    """Tasks that were accepted by the definitions of before."""
    with (
        running_api(directory, redis_url=own_database, tasks=BEFORE) as api,
        api.client() as client,
    ):
        return {change: submit(client, name, **given) for change, (name, given) in OLD.items()}


@pytest.fixture(scope="module")
def later_worker(own_database: str, directory: Path, accepted: dict[str, Document]) -> Iterator[Program]:  # noqa: ARG001 - before it
    """A worker that knows the definitions of after."""
    with running_worker(directory, redis_url=own_database, tasks=AFTER) as server:
        yield server


@pytest.fixture(scope="module")
def later(own_database: str, directory: Path, later_worker: Program) -> Iterator[httpx.Client]:  # noqa: ARG001 - to be running
    """A client of an API that knows the definitions of after."""
    with running_api(directory, redis_url=own_database, tasks=AFTER) as api, api.client() as client:
        yield client


@pytest.mark.parametrize(("change", "end"), AT_A_LATER_WORKER.items())
def test_a_queued_task_whose_definition_changed_ends(
    change: str, end: str, later: httpx.Client, accepted: dict[str, Document]
) -> None:
    assert end_of(ended(later, accepted[change])) == end


def test_a_task_whose_definition_is_gone_fails_and_says_what_to_do(
    later: httpx.Client, later_worker: Program, accepted: dict[str, Document]
) -> None:
    task = ended(later, accepted["renamed"])
    assert task["error"]["message"] == (
        "this worker does not know the task 'reindex': its definition was renamed or removed after the task was accepted, or "
        "CELERIAC_TASKS differs between the worker and the API. Restore the definition, with @task(name='reindex') if only the "
        "function was renamed, and retry the task"
    )
    listed = document(later.get("/tasks", params={"state": "failed", "name": "reindex"}))["items"]
    assert [one["task_id"] for one in listed] == [task["task_id"]]
    assert document(later.get("/queues/default/rejected"))["items"] == []
    lines = [line for line in later_worker.log.splitlines() if task["task_id"] in line]
    assert ["does not know the task 'reindex'" in line for line in lines] == [True]
    assert SECRET not in later_worker.log


def test_a_task_whose_definition_has_changed_fails_and_says_what_to_do(
    later: httpx.Client, accepted: dict[str, Document]
) -> None:
    task = ended(later, accepted["lost a parameter"])
    assert task["error"]["message"] == (
        "times: Extra inputs are not permitted. The definition of 'greet' changed after the task was accepted, or differs "
        "between the API and this worker: submit the task again with a valid input"
    )


def test_a_retry_is_refused_as_a_submission_would_be(
    later: httpx.Client, accepted: dict[str, Document]
) -> None:
    refusals = {"renamed": (404, "unknown-task-name"), "lost a parameter": (422, "invalid-input")}
    for change, problem in refusals.items():
        task = ended(later, accepted[change])
        refused = later.post(task["links"]["retry"])
        submitted = later.post("/tasks", json={"name": task["name"], "input": {"times": 2}})
        assert problem_of(refused) == problem == problem_of(submitted)
    assert "The definition of 'greet' has changed since the task was accepted" in document(refused)["detail"]
    fitting = later.post(task["links"]["retry"], json={"input": {"name": "Ada"}})
    assert ended(later, document(fitting))["result"] == "Ada"


def test_a_retry_has_the_queue_and_the_time_limits_of_the_definition_as_it_is_now(
    later: httpx.Client, accepted: dict[str, Document]
) -> None:
    moved, limited = (
        ended(later, accepted[change]) for change in ("moved to another queue", "got a shorter time limit")
    )
    again, shorter = (document(later.post(task["links"]["retry"])) for task in (moved, limited))
    assert (moved["queue"], again["queue"]) == ("default", "drawings")
    assert ended(later, again)["result"] == "circle"
    assert end_of(ended(later, shorter)) == "SoftTimeLimitExceeded"


def test_a_worker_can_be_given_a_queue_that_tasks_have_left(
    new_database: Callable[[], str], directory: Path
) -> None:
    redis_url = new_database()
    with running_api(directory, redis_url=redis_url, tasks=BEFORE) as api, api.client() as client:
        task = submit(client, "paint", shape="circle")
    queues = ("-Q", "drawings,pictures")
    with (
        running_worker(directory, *queues, redis_url=redis_url, tasks=AFTER),
        running_api(directory, redis_url=redis_url, tasks=AFTER) as api,
        api.client() as client,
    ):
        assert (task["queue"], ended(client, task)["result"]) == ("pictures", "circle")
        again = submit(client, "paint", shape="square")
        assert (again["queue"], ended(client, again)["result"]) == ("drawings", "square")


def test_an_earlier_worker_runs_what_still_fits_its_definitions_and_fails_the_rest(
    new_database: Callable[[], str], directory: Path
) -> None:
    redis_url = new_database()
    with (
        running_worker(directory, redis_url=redis_url, tasks=BEFORE),
        running_api(directory, redis_url=redis_url, tasks=AFTER) as api,
        api.client() as client,
    ):
        moved = submit(client, "draw", shape="circle")
        tasks = {
            change: submit(client, name, **given) for change, (name, given, _) in AT_AN_EARLIER_WORKER.items()
        }
        ends = {change: end_of(ended(client, task)) for change, task in tasks.items()}
        assert ends == {change: end for change, (_, _, end) in AT_AN_EARLIER_WORKER.items()}
        assert (moved["queue"], in_state(client, moved, "queued")["ready"]) == ("drawings", False)


def end_of(task: Document) -> str:
    """The result of an ended task, or the type of its error."""
    return str(task["error"]["type"] if task["error"] else task["result"])
