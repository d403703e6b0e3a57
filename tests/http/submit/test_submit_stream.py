"""A submission can be answered with the events of its task."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.http.events.test_events import Event, events_of
from tests.support.door import document, problem_of

EVENTS = "text/event-stream"


def streamed(
    client: httpx.Client, path: str, body: Any, *, method: str = "POST", **headers: str
) -> tuple[httpx.Headers, list[Event]]:
    """The headers of a submission's answer, and its events to the end."""
    given = {name.replace("_", "-"): text for name, text in headers.items()}
    with client.stream(method, path, json=body, headers={"Accept": EVENTS, **given}) as response:
        return response.headers, list(events_of(response))


ADD = {"x": 4, "y": 5}
GENERIC = {"name": "add", "input": ADD}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("POST", "/add", ADD), ("POST", "/tasks", GENERIC), ("PUT", "/tasks/{id}", GENERIC)],
)
def test_a_submission_streams_its_task_to_the_end(
    client: httpx.Client, method: str, path: str, body: Any
) -> None:
    headers, events = streamed(client, path.format(id=uuid4()), body, method=method)
    assert [(event.kind, event.data["state"]) for event in events] == [
        ("state", "queued"),
        ("state", "running"),
        ("state", "succeeded"),
        ("done", "succeeded"),
    ]
    assert events[-1].data["result"] == 9
    assert document(client.get(headers["location"])) == events[-1].data
    assert "retry-after" not in headers


def test_a_wait_makes_no_difference_and_options_do(client: httpx.Client) -> None:
    headers, events = streamed(client, "/add?delay=0.1&wait=1", ADD, prefer="wait=1")
    assert [event.data["state"] for event in events][:2] == ["scheduled", "queued"]
    assert "preference-applied" not in headers


def test_the_same_key_streams_the_same_task(client: httpx.Client) -> None:
    key = str(uuid4())
    first, events = streamed(client, "/add", ADD, idempotency_key=key)
    again, same_events = streamed(client, "/add", ADD, idempotency_key=key)
    assert again["location"] == first["location"]
    assert (first.get("idempotent-replayed"), again["idempotent-replayed"]) == (None, "true")
    assert same_events == events


def test_refusals_stay_problem_documents(client: httpx.Client, cut_off: httpx.Client) -> None:
    for asked, problem in ((client, (422, "invalid-input")), (cut_off, (503, "redis-unavailable"))):
        body = {"x": 1} if asked is client else ADD
        assert problem_of(asked.post("/add", json=body, headers={"Accept": EVENTS})) == problem


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("*/*", 202),
        ("application/json", 202),
        ("text/event-stream, application/json", 202),
        ("text/event-stream, */*", 202),
        ("text/event-stream;q=0.5, application/json", 202),
        ("text/event-stream;q=0", 202),
        ("text/event-stream;q=nonsense", 202),
        ("text/event-streams", 202),
        ("text/event-stream, application/json;q=0.9", 200),
        ("application/*;q=0.2, Text/Event-Stream; q=0.3", 200),
        ("text/event-stream;q=0.2, application/json;q=0.1, */*;q=0.8", 200),
    ],
)
def test_events_are_sent_to_who_likes_them_better_than_json(
    client: httpx.Client, accept: str, status: int
) -> None:
    response = client.post("/add", json=ADD, headers={"Accept": accept})
    assert response.status_code == status
    assert response.headers["content-type"].startswith(EVENTS if status == 200 else "application/json")
