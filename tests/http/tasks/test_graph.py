"""`GET /tasks/{task_id}/graph`: what a task waits for, and what waits for it."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.http.access.keys import Locked
from tests.support.door import Document, cancel, document, ended, problem_of, submit

UNKNOWN = "00000000-0000-4000-8000-000000000001"


def after(client: httpx.Client, *others: Document, **options: Any) -> Document:
    """Submit a sum that runs after these."""
    ids = [other["task_id"] for other in others]
    response = client.post("/tasks", json={"name": "add", "input": {"x": 1, "y": 2}, "after": ids, **options})
    assert response.status_code == 202, response.text
    task: Document = document(response)
    return task


def graph(client: httpx.Client, task: Document, **parameters: Any) -> dict[str, Document]:
    """The items of the graph around this task, by id; the task itself is the first."""
    response = client.get(f"/tasks/{task['task_id']}/graph", params=parameters)
    assert response.status_code == 200, response.text
    items = {item["id"]: item for item in document(response)["items"]}
    assert next(iter(items)) == task["task_id"]
    return items


def both(item: Document) -> tuple[list[str], list[str]]:
    """The ids before and behind a task."""
    return item["after"]["tasks"], item["followers"]["tasks"]


def test_a_graph_is_the_same_before_and_after_its_tasks_have_ended(
    client: httpx.Client, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    first = submit(client, "hold", until=str(gate))
    left, right = after(client, first), after(client, first)
    last = after(client, left, right)
    beside = after(client, left)
    ids = [task["task_id"] for task in (first, left, right, last)]
    for state, is_ready in (("blocked", False), ("succeeded", True)):
        items = graph(client, last)
        assert set(items) == set(ids)
        assert (items[ids[3]]["state"], items[ids[3]]["ready"], items[ids[3]]["name"]) == (
            state,
            is_ready,
            "add",
        )
        assert both(items[ids[3]]) == (ids[1:3], [])
        assert both(items[ids[0]]) == ([], ids[1:3])
        # The other one that waits for the left one is counted, though it is neither before nor behind the last one.
        assert items[ids[1]]["followers"] == {"count": 2, "tasks": [ids[3]]}
        assert set(graph(client, first)) == {*ids, beside["task_id"]}
        gate.touch()
        ended(client, last)
        ended(client, beside)


def test_a_large_neighborhood_is_cut_and_counted(quiet: httpx.Client) -> None:
    first = submit(quiet, "unserved")
    others = [after(quiet, first) for _ in range(30)]
    last = after(quiet, *others)
    item = graph(quiet, first)[first["task_id"]]
    assert item["followers"]["count"] == 30
    assert item["followers"]["tasks"] == [task["task_id"] for task in others[:20]]
    item = graph(quiet, last, limit=5)[last["task_id"]]
    assert (item["after"]["count"], len(item["after"]["tasks"])) == (30, 4)
    assert len(graph(quiet, last, limit=1)) == 1
    cancel(quiet, first)
    item = graph(quiet, first)[first["task_id"]]
    assert (item["followers"]["count"], len(item["followers"]["tasks"])) == (30, 20)
    item = graph(quiet, last)[last["task_id"]]
    assert (item["state"], item["after"]["count"]) == ("cancelled", 30)


def test_a_batch_that_tasks_wait_for_is_in_the_graph(quiet: httpx.Client) -> None:
    response = quiet.post("/batches?label=report", json=[{"name": "unserved", "input": {}}])
    assert response.status_code == 202, response.text
    batch = document(response)
    body = {"name": "add", "input": {"x": 1, "y": 2}, "after": [batch["batch_id"]], "when": "ended"}
    task = document(quiet.post("/tasks", json=body))
    for state in ("running", "failed"):
        item = graph(quiet, task)[batch["batch_id"]]
        assert (item["kind"], item["name"], item["state"]) == ("batch", "report", state)
        assert both(item) == ([], [task["task_id"]])
        quiet.post("/queues/unserved/purge")
    assert problem_of(quiet.get(f"/tasks/{batch['batch_id']}/graph")) == (404, "task-not-found")
    cancel(quiet, task)


def test_tasks_of_other_owners_are_not_in_a_graph(locked: Locked) -> None:
    with locked.client_with("has-admin") as admin, locked.client_with("unlimited") as owner:
        own = document(owner.post("/add?delay=3600", json={"x": 1, "y": 2}))
        foreign = after(admin, own)
        assert list(graph(admin, foreign)) == [foreign["task_id"], own["task_id"]]
        assert graph(owner, own)[own["task_id"]]["followers"] == {"count": 0, "tasks": []}
        assert problem_of(owner.get(f"/tasks/{foreign['task_id']}/graph")) == (404, "task-not-found")
        cancel(admin, own)
        assert graph(owner, own)[own["task_id"]]["followers"] == {"count": 0, "tasks": []}
        cancel(admin, foreign)


def test_an_unknown_task_has_no_graph_and_a_forgotten_one_no_more(quiet: httpx.Client) -> None:
    assert problem_of(quiet.get(f"/tasks/{UNKNOWN}/graph")) == (404, "task-not-found")
    task = submit(quiet, "unserved")
    assert [len(part) for part in both(graph(quiet, task)[task["task_id"]])] == [0, 0]
    cancel(quiet, task)
    quiet.delete(task["links"]["self"])
    assert problem_of(quiet.get(f"/tasks/{task['task_id']}/graph")) == (410, "task-gone")


@pytest.mark.parametrize("limit", ["0", "-1", "x", ""])
def test_a_limit_that_is_no_number_of_tasks_is_refused(limit: str, quiet: httpx.Client) -> None:
    response = quiet.get(f"/tasks/{UNKNOWN}/graph?limit={limit}")
    assert problem_of(response) == (422, "invalid-input")
