"""No answer shows how Redis names a large file: a link is in its place."""

import base64
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.http.webhooks.receiver import receiving
from tests.support.door import Document, document, ended, problem_of

LARGE = bytes(range(256)) * 400
TAG = "has-a-large-file"


@pytest.fixture(scope="module")
def task(client: httpx.Client) -> Document:
    """A task of a batch; its result has a large file."""
    item = {
        "name": "described_file",
        "input": {"file": base64.b64encode(LARGE).decode()},
        "tags": [TAG],
    }
    batch = document(client.post("/batches", json=[item]))
    lines = client.get(f"/batches/{batch['batch_id']}/results?order=ends").text.split()
    return ended(client, document(client.get(f"/tasks/{json.loads(lines[0])['task_id']}")))


def of_stream(text: str) -> Any:
    """The task document at the end of a stream of events."""
    return json.loads(text.rpartition("event: done\ndata: ")[2])


WAYS: dict[str, Callable[[httpx.Client, Document], Any]] = {
    "task": lambda client, task: document(client.get(task["links"]["self"]))["result"],
    "wait": lambda client, task: document(client.get(task["links"]["self"] + "?wait=1"))["result"],
    "result": lambda client, task: document(client.get(task["links"]["result"])),
    "part": lambda client, task: {
        "file": document(
            client.get(
                task["links"]["result"],
                params={"pointer": "/file"},
                headers={"accept": "application/json"},
            )
        )
    },
    "list": lambda client, _: document(client.get(f"/tasks?tag={TAG}"))["items"][0]["result"],
    "events": lambda client, task: of_stream(client.get(task["links"]["events"]).text)["result"],
    "batch": lambda client, task: json.loads(
        client.get(f"/batches/{task['batch']['batch_id']}/results").text
    )["result"],
    "batch by end": lambda client, task: json.loads(
        client.get(f"/batches/{task['batch']['batch_id']}/results?order=ends").text.strip()
    )["result"],
}


@pytest.mark.parametrize("way", WAYS)
def test_a_link_is_in_place_of_a_large_file(way: str, client: httpx.Client, task: Document) -> None:
    file = WAYS[way](client, task)["file"]
    assert file.keys() == {"href", "size", "name", "content_type"}
    assert (file["href"], file["size"]) == (f"{task['links']['result']}?pointer=/file", len(LARGE))
    assert client.get(file["href"]).content == LARGE


def test_a_webhook_has_a_link_in_place_of_a_large_file(client: httpx.Client) -> None:
    with receiving() as receiver:
        body = {
            "name": "described_file",
            "input": {"file": base64.b64encode(LARGE).decode()},
            "notify": [{"url": f"{receiver.url}/large"}],
        }
        task = document(client.post("/tasks", json=body))
        (request,) = receiver.at("/large")
    file = request.document["data"]["result"]["file"]
    assert file["href"] == f"{task['links']['result']}?pointer=/file"


def test_an_input_has_a_link_in_place_of_a_large_file(client: httpx.Client) -> None:
    task = document(client.post("/described_file", files={"file": ("a.bin", LARGE)}))
    links = task["links"]["input"]
    everything = document(client.get(links))["file"]
    part = document(client.get(f"{links}?pointer=/file", headers={"accept": "application/json"}))
    assert everything == part
    assert part["href"] == f"{links}?pointer=/file"


def test_a_refusal_does_not_name_a_large_file_by_its_hash(client: httpx.Client) -> None:
    response = client.post("/describe", files={"several": ("a.bin", LARGE)})
    assert problem_of(response) == (422, "invalid-input")
    assert "$blob" not in response.text
