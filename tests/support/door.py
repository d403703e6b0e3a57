"""The front door, as the tests use it: submit, ask, wait for the end."""

import json
from typing import Any, NoReturn

import httpx
from redis import Redis

from lab.harness.waiting import wait_until

Document = dict[str, Any]


def submit(client: httpx.Client, name: str, /, **task_input: Any) -> Document:
    """Submit a task, and the document of its being accepted."""
    response = client.post(f"/{name}", json=task_input)
    assert response.status_code == 202, response.text
    task: Document = document(response)
    return task


def submit_with(client: httpx.Client, path: str, /, **task_input: Any) -> Document:
    """Submit a task with the options in the query of this path, and the document of its being accepted."""
    response = client.post(path, json=task_input)
    assert response.status_code == 202, response.text
    task: Document = document(response)
    return task


def cancel(client: httpx.Client, task: Document, /, **how: Any) -> httpx.Response:
    """Ask for a task to be cancelled."""
    return client.post(task["links"]["cancel"], json=how)


def problem_of(response: httpx.Response) -> tuple[int, str]:
    """The status and the type of a refusal."""
    return response.status_code, str(document(response)["type"]).removeprefix("urn:celeriac:problem:")


def ended(client: httpx.Client, task: Document) -> Document:
    """The document of this task at its end."""
    at_end: Document = document(client.get(task["links"]["self"], params={"wait": 50}))
    assert at_end["ready"], at_end
    return at_end


def shown(client: httpx.Client, task: Document) -> Document:
    """The task's document now."""
    response = client.get(task["links"]["self"])
    assert response.status_code == 200, response.text
    task_document: Document = document(response)
    return task_document


def in_state(client: httpx.Client, task: Document, state: str) -> Document:
    """The task's document as soon as it is in this state."""
    return wait_until(
        lambda: task_document if (task_document := shown(client, task))["state"] == state else None
    )


def is_waited_for(client: httpx.Client, redis: Redis, task: Document) -> None:
    """Return when the API follows this task for somebody: its subscription is confirmed, and the task was read after that."""
    wait_until(lambda: redis.pubsub_channels(f"celery-task-meta-{task['task_id']}"))
    for _ in range(3):  # answered after the confirmation, and after the reading that it causes
        shown(client, task)


def run(client: httpx.Client, name: str, /, **task_input: Any) -> Document:
    """Submit a task, and its document at its end."""
    return ended(client, submit(client, name, **task_input))


def document(response: httpx.Response) -> Any:
    """The response's body, read as the strictest reader would."""
    return json.loads(response.content.decode(), parse_constant=_refuse, object_pairs_hook=_unique)


def _refuse(constant: str) -> NoReturn:
    raise AssertionError(f"{constant} is no JSON")


def _unique(members: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(members)
    assert len(value) == len(members), f"a name stands twice in {members}"
    return value
