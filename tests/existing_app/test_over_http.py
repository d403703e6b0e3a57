"""What Celery has published is seen and steered over HTTP like all else."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from redis import Redis

from celeriac.ledger.for_apps import Publication
from tests.ledger.apps.place import NAME, QUEUE, Place, Run
from tests.support.door import document, problem_of

MOMENT = {"__type__": "datetime", "__value__": "2026-05-01T12:00:00+00:00"}
NOTHING = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}


@pytest.fixture
def place(quiet_url: str, quiet_redis: Redis) -> Iterator[Place]:  # noqa: ARG001 - empty
    """The ledger of `quiet`, as publishers and workers of an app have it."""
    place = Place(backend=quiet_url, broker=quiet_url)
    yield place
    place.close()


def publish(
    place: Place, name: str, *args: Any, embedded: dict[str, Any] | None = None, **kwargs: Any
) -> str:
    """Publish as kombu does."""
    bare = place.publication(name=name)
    body = json.dumps([args, kwargs, embedded or NOTHING]).encode()
    message = {
        "body": base64.b64encode(body).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"id": bare.task_id, "task": name},
        "properties": {"body_encoding": "base64", "delivery_tag": bare.task_id},
    }
    fields = {field: getattr(bare, field) for field in ("task_id", "queue", "list", "sending")}
    place.publisher.publish(Publication(**fields, name=name, payload=json.dumps(message)))
    return bare.task_id


def run(place: Place, result: Any, status: str = "SUCCESS") -> Run:
    """A worker of the app runs the next task."""
    run = place.begin()
    meta = {"status": status, "result": result, "traceback": None, "children": [], "task_id": run.task_id}
    place.end_with(run, json.dumps(meta).encode())
    return run


def test_the_arguments_are_the_members_of_the_input(quiet: httpx.Client, place: Place) -> None:
    ids = [publish(place, "add", 1, 2), publish(place, "add", 1, y=2), publish(place, "add", y=2, x=1)]
    for task_id in ids:
        assert document(quiet.get(f"/tasks/{task_id}/input")) == {"x": 1, "y": 2}


def test_arguments_that_no_definition_has_are_shown_as_such(quiet: httpx.Client, place: Place) -> None:
    task_id = publish(place, "add", 1, 2, MOMENT, z=3)
    shown = document(quiet.get(f"/tasks/{task_id}/input"))
    assert shown == {"args": [1, 2, "2026-05-01T12:00:00+00:00"], "kwargs": {"z": 3}}
    assert problem_of(quiet.post(f"/tasks/{task_id}/retry")) == (409, "task-not-ended")
    unknown = publish(place, NAME, 1, x=2)  # nobody knows what is hidden of it
    assert document(quiet.get(f"/tasks/{unknown}/input")) == {"args": "hidden", "kwargs": "hidden"}


def test_a_message_that_is_not_json_has_no_input_to_show(quiet: httpx.Client, place: Place) -> None:
    task_id, _ = place.publish(name="add")
    assert document(quiet.get(f"/tasks/{task_id}/input")) == {"args": None, "kwargs": None}


def test_a_result_has_json_in_place_of_kombus_forms(quiet: httpx.Client, place: Place) -> None:
    task_id = publish(place, "add", 1, 2)
    run(place, {"at": MOMENT})
    shown = document(quiet.get(f"/tasks/{task_id}"))
    assert (shown["state"], shown["result"]) == ("succeeded", {"at": "2026-05-01T12:00:00+00:00"})
    assert document(quiet.get(f"/tasks/{task_id}/result")) == shown["result"]


def test_a_retry_is_a_new_task_with_the_arguments_of_the_old_one(quiet: httpx.Client, place: Place) -> None:
    task_id = publish(place, "add", 1, y=2)
    run(place, 3)
    again = document(quiet.post(f"/tasks/{task_id}/retry"))
    assert again["retry_of"] == task_id
    assert document(quiet.get(again["links"]["self"] + "/input")) == {"x": 1, "y": 2}


@pytest.mark.parametrize("field", ["chain", "chord", "callbacks", "errbacks"])
def test_a_task_that_others_follow_is_run_again_only_with_an_input(
    field: str, quiet: httpx.Client, place: Place
) -> None:
    task_id = publish(place, "add", 1, 2, embedded={**NOTHING, field: [{"task": "add"}]})
    run(place, 3)
    refusal = quiet.post(f"/tasks/{task_id}/retry")
    assert problem_of(refusal) == (422, "invalid-input")
    assert "runs one task alone" in refusal.json()["detail"]
    again = quiet.post(f"/tasks/{task_id}/retry", json={"input": {"x": 1, "y": 2}})
    assert again.status_code == 202


def test_cancel_holds_for_what_is_scheduled_queued_and_running(quiet: httpx.Client, place: Place) -> None:
    queued = publish(place, "add", 1, 2)
    assert quiet.post(f"/tasks/{queued}/cancel", json={"terminate": True}).is_success
    assert place.claim(place.take()) == "cancelled"
    running = publish(place, "add", 1, 2)
    place.begin()
    assert quiet.post(f"/tasks/{running}/cancel").status_code == 202
    assert place.record(running)["cancel"] == "ask"


def test_what_celery_has_published_is_listed_and_counted(quiet: httpx.Client, place: Place) -> None:
    ids = {publish(place, NAME, number) for number in range(3)}
    listed = document(quiet.get("/tasks", params={"name": NAME}))["items"]
    assert {item["task_id"] for item in listed} == ids
    (queue,) = [each for each in document(quiet.get("/queues"))["items"] if each["name"] == QUEUE]
    assert queue["depth"] == 3
