"""A task whose definition changed after its submission fails with the reason."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from lab.harness.program import Program
from lab.harness.servers import running_api, running_worker
from tests.support.door import Document, document, ended, problem_of, submit

BEFORE, AFTER = "tests.worker.definitions.before", "tests.worker.definitions.after"
SECRET = "secret-in-the-input"


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
        return {
            "renamed": submit(client, "reindex", index=SECRET),
            "changed": submit(client, "greet", name="Ada", times=2),
            "unchanged": submit(client, "greet", name="Ada"),
        }


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


def test_a_task_whose_definition_is_gone_fails_and_says_what_to_do(
    later: httpx.Client, later_worker: Program, accepted: dict[str, Document]
) -> None:
    task = ended(later, accepted["renamed"])
    assert (task["state"], task["error"]["type"]) == ("failed", "NotRegistered")
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
    task = ended(later, accepted["changed"])
    assert (task["state"], task["error"]["type"]) == ("failed", "InvalidInput")
    assert task["error"]["message"] == (
        "times: Extra inputs are not permitted. The definition of 'greet' changed after the task was accepted, or differs "
        "between the API and this worker: submit the task again with a valid input"
    )


def test_a_task_that_still_fits_its_changed_definition_runs(
    later: httpx.Client, accepted: dict[str, Document]
) -> None:
    assert ended(later, accepted["unchanged"])["result"] == "Ada"


def test_a_retry_is_refused_as_a_submission_would_be(
    later: httpx.Client, accepted: dict[str, Document]
) -> None:
    for kind, problem in {"renamed": (404, "unknown-task-name"), "changed": (422, "invalid-input")}.items():
        task = ended(later, accepted[kind])
        refused = later.post(task["links"]["retry"])
        submitted = later.post("/tasks", json={"name": task["name"], "input": {"times": 2}})
        assert problem_of(refused) == problem == problem_of(submitted)
    assert "The definition of 'greet' changed" in document(refused)["detail"]
    fitting = later.post(task["links"]["retry"], json={"input": {"name": "Ada"}})
    assert ended(later, document(fitting))["result"] == "Ada"
    assert later.post(ended(later, accepted["unchanged"])["links"]["retry"]).status_code == 202
