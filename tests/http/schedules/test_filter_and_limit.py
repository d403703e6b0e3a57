"""Tasks are listed by their schedule, and an owner has a limited number of schedules."""

from pathlib import Path

import httpx
import pytest

from lab.harness.servers import running_api
from lab.harness.waiting import wait_until
from tests.http.access.keys import Locked
from tests.http.schedules.test_schedules import SUBMIT, put
from tests.support.door import Document, document, problem_of


def listed(client: httpx.Client, **query: str) -> list[Document]:
    """The tasks of a list."""
    return list(document(client.get("/tasks", params=query))["items"])


@pytest.mark.usefixtures("quiet_redis")
def test_the_tasks_of_a_schedule_are_listed_by_its_name_and_so_are_their_retries(quiet: httpx.Client) -> None:
    put(quiet, "tagged", every="PT1H", submit={**SUBMIT, "tags": ["blue"]})
    put(quiet, "tagged2", every="PT1H", submit=SUBMIT)
    task = document(quiet.post("/schedules/tagged/run"))
    other = document(quiet.post("/schedules/tagged2/run"))
    document(quiet.post("/tasks", json={**SUBMIT, "tags": ["tagged"]}))
    assert (task["schedule"], task["tags"], other["tags"]) == ("tagged", ["blue"], [])
    assert [one["task_id"] for one in listed(quiet, schedule="tagged")] == [task["task_id"]]
    assert listed(quiet, schedule="tagged") == [document(quiet.get(task["links"]["self"]))]
    assert listed(quiet, schedule="tagged", tag="blue", state="queued", name="unserved")
    assert listed(quiet, schedule="tagged", tag="red") == []
    assert listed(quiet, schedule="tagged", state="running") == []
    document(quiet.post(task["links"]["cancel"]))
    again = document(quiet.post(task["links"]["retry"]))
    assert (again["schedule"], again["tags"]) == ("tagged", ["blue"])
    assert len(listed(quiet, schedule="tagged")) == 2
    assert problem_of(quiet.get("/tasks", params={"schedule": "@x"})) == (422, "invalid-input")
    assert problem_of(quiet.post("/tasks", json={**SUBMIT, "tags": ["@tagged"]})) == (422, "invalid-input")


def test_tasks_of_a_schedule_are_those_of_its_owner(locked: Locked) -> None:
    mine, other, admin = (locked.client_with(name) for name in ("unlimited", "has-submit", "has-admin"))
    tasks = {}
    for client in (mine, other):
        put(client, "namesake", every="PT1H", submit=SUBMIT)
        task = document(client.post("/schedules/namesake/run"))
        tasks[str(task["owner"])] = task["task_id"]
        assert client.delete("/schedules/namesake").status_code == 204
    reader = locked.client_with("has-read")
    assert [one["task_id"] for one in listed(mine, schedule="namesake")] == [tasks["limited"]]
    assert listed(reader, schedule="namesake") == []
    assert {one["task_id"] for one in listed(admin, schedule="namesake")} == set(tasks.values())
    assert len(listed(admin, schedule="namesake", owner="limited")) == 1


def test_an_owner_has_at_most_so_many_schedules(own_url: str, directory: Path) -> None:
    with running_api(directory, redis_url=own_url, max_schedules=2) as api, api.client() as client:
        for name in ("first", "second"):
            put(client, name, every="PT1H", submit=SUBMIT)
        refused = client.put("/schedules/third", json={"every": "PT1H", "submit": SUBMIT})
        assert problem_of(refused) == (409, "too-many-schedules")
        put(client, "second", 200, every="PT2H", submit=SUBMIT)
        assert client.delete("/schedules/first").status_code == 204
        put(client, "third", every="PT1H", submit=SUBMIT)
        wait_until(lambda: len(document(client.get("/schedules"))["items"]) == 2)
