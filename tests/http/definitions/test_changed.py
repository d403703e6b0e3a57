"""A task is judged by the definition under which it was accepted."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from redis import Redis

from celeriac.ledger.store import keys
from lab.harness.servers import running_api
from lab.harness.waiting import wait_until
from tests.http.definitions.announcer import definition, names, tell
from tests.support.door import document, problem_of, submit

WITH_Y = {
    "type": "object",
    "properties": {"y": {"type": "integer"}},
    "required": ["y"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def url(new_database: Callable[[], str]) -> str:
    """A database of these tests alone."""
    return new_database()


@pytest.fixture(scope="module")
def client(url: str, directory: Path) -> Iterator[httpx.Client]:
    """A client of an API without task modules."""
    with running_api(directory, redis_url=url, tasks="none") as api, api.client() as client:
        yield client


def announced(url: str, client: httpx.Client, name: str, **members: object) -> None:
    """The app has this definition alone, and the API serves it."""
    tell(url, "shop", definition(name, **members))

    def is_there() -> bool:
        items = client.get("/catalog").json()["items"]
        return [each["summary"] for each in items if each["name"] == name] == [
            definition(name, **members).summary
        ]

    wait_until(is_there)


def ended(client: httpx.Client, name: str) -> str:
    """The address of a task that has ended."""
    task = submit(client, name, x=1)
    assert client.post(task["links"]["cancel"]).status_code == 200
    return str(task["links"]["self"])


def said(client: httpx.Client, task: str) -> str | None:
    """What its input says of its definition."""
    response = client.get(f"{task}/input")
    assert document(response) == {"x": 1} or response.headers.get("Task-Definition") == "gone"
    header: str | None = response.headers.get("Task-Definition")
    return header


@pytest.mark.parametrize(
    "app",
    [
        {},
        {"app": "shop"},
        {"app": "shop", "template": '{"stamp": %s, "body": "%s"}%.0s%.0s%.0s%.0s%.0s%.0s%.0s'},
    ],
)
def test_an_input_says_whether_the_definition_has_changed(
    url: str, client: httpx.Client, app: dict[str, str]
) -> None:
    announced(url, client, "charge", **app)
    task = ended(client, "charge")
    assert said(client, task) == "same"
    announced(url, client, "charge", summary="Charge more.", **app)
    assert said(client, task) == "changed"
    assert client.post(f"{task}/retry").status_code == 202
    announced(url, client, "charge", **app)
    assert said(client, task) == "same"
    tell(url, "shop")
    wait_until(lambda: "charge" not in names(client))
    assert said(client, task) == "gone"


def test_a_retry_says_that_the_definition_has_changed_where_the_old_input_does_not_fit(
    url: str, client: httpx.Client
) -> None:
    announced(url, client, "charge")
    task = ended(client, "charge")
    announced(url, client, "charge", summary="Charge y.", input_schema=WITH_Y)
    refusal = client.post(f"{task}/retry")
    assert problem_of(refusal) == (422, "invalid-input")
    assert "'charge' has changed since the task was accepted" in refusal.json()["detail"]
    assert {each["pointer"] for each in refusal.json()["errors"]} == {"/x", "/y"}
    assert client.post(f"{task}/retry", json={"input": {"y": 1}}).status_code == 202


def test_a_retry_does_not_say_so_where_it_has_not_or_nobody_knows(url: str, client: httpx.Client) -> None:
    announced(url, client, "charge")
    task = ended(client, "charge")
    with Redis.from_url(url) as redis:
        record = keys.record(task.rpartition("/")[2])
        redis.hset(record, "input", "eyJ4IjoiYSJ9")  # {"x":"a"}
        refusal = client.post(f"{task}/retry")
        assert problem_of(refusal) == (422, "invalid-input")
        assert "has changed" not in refusal.json()["detail"]
        redis.hset(record, "envelope", "of-a-version-before")
        refusal = client.post(f"{task}/retry")
        assert problem_of(refusal) == (422, "invalid-input")
        assert "not valid for the definition of 'charge' as it is now" in refusal.json()["detail"]
        assert "Task-Definition" not in client.get(f"{task}/input").headers


def test_a_retry_of_a_task_whose_definition_is_gone_says_so(url: str, client: httpx.Client) -> None:
    announced(url, client, "charge")
    task = ended(client, "charge")
    announced(url, client, "charge", summary="Takes a file.", refusal="It takes a file handle.")
    refusal = client.post(f"{task}/retry")
    assert problem_of(refusal) == (404, "unknown-task-name")
    assert "It takes a file handle." in refusal.json()["detail"]
    tell(url, "shop")
    wait_until(lambda: "charge" not in client.get("/catalog").text)
    for body in (None, {"input": {"x": 1}}):
        refusal = client.post(f"{task}/retry", json=body) if body else client.post(f"{task}/retry")
        assert problem_of(refusal) == (404, "unknown-task-name")
        assert "The definition of 'charge' is gone since the task was accepted" in refusal.json()["detail"]
