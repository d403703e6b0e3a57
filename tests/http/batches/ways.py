"""For each route of batches and each status that it documents: how to get it."""

import json
from uuid import uuid4

import httpx

from lab.harness.waiting import wait_until
from tests.http.service.ways import FAULT, JSON, LIST, UNKNOWN, Doors, Way, with_refusals

LINES = {"Content-Type": "application/x-ndjson"}
ONE = b'[{"name": "unserved"}]'


def sent(client: httpx.Client, body: bytes = ONE, /, **headers: str) -> httpx.Response:
    """A batch of this body."""
    return client.post("/batches", content=body, headers=JSON | headers)


def about(
    client: httpx.Client,
    method: str,
    path: str,
    batch: httpx.Response | None = None,
    body: bytes = b"",
    /,
    **headers: str,
) -> httpx.Response:
    """A request about this batch, or about none that is there."""
    batch_id = UNKNOWN if batch is None else batch.json()["batch_id"]
    return client.request(method, path.replace("{batch_id}", batch_id), headers=headers, content=body)


def held(doors: Doors) -> httpx.Response:
    """A batch of a task that runs until it is cancelled."""
    batch = sent(doors.works, b'[{"name": "hold", "input": {"until": "/nowhere/at/all"}}]')
    path = batch.headers["location"]
    wait_until(lambda: doors.works.get(path).json()["counts"]["running"])
    return batch


def deleted(client: httpx.Client, batch: httpx.Response) -> httpx.Response:
    """A batch that is forgotten, as it was accepted."""
    assert client.delete(batch.headers["location"]).status_code == 204
    return batch


def gone(doors: Doors, _: str) -> httpx.Response:
    """A key whose batch is forgotten."""
    key = {"Idempotency-Key": str(uuid4())}
    deleted(doors.works, sent(doors.works, b"[]", **key))
    return sent(doors.works, b"[]", **key)


def longer(doors: Doors, _: str) -> httpx.Response:
    """A line more than a complete batch has."""
    key = LINES | {"Idempotency-Key": str(uuid4())}
    assert sent(doors.works, b"", **key).status_code == 202
    return sent(doors.works, b'{"name": "unserved"}', **key)


def too_often(doors: Doors, _: str) -> httpx.Response:
    """A batch with a key whose rate is used up."""
    key = doors.locked.client_with("limited")
    sent(key)
    return sent(key)


def about_gone(doors: Doors, path: str) -> httpx.Response:
    """A POST about a batch that is forgotten."""
    return about(doors.works, "POST", path, deleted(doors.works, sent(doors.works, b"[]")))


def of_batch(method: str, path_status: int, body: bytes = b"[]") -> dict[int, Way]:
    """The ways of a route about one batch."""
    return {
        path_status: lambda doors, path: about(doors.works, method, path, sent(doors.works, body)),
        404: lambda doors, path: about(doors.works, method, path),
        422: lambda doors, path: about(doors.works, method, path + "?x=1"),
        500: lambda doors, path: about(doors.faulty, method, path, **FAULT),
        503: lambda doors, path: about(doors.cut_off, method, path),
    }


FOLLOWED: dict[int, Way] = {
    **of_batch("GET", 200),
    410: lambda doors, path: about(doors.works, "GET", path, deleted(doors.works, sent(doors.works, b"[]"))),
    429: lambda doors, path: about(doors.locked.client_with("limited"), "GET", path),
}
BATCHES: dict[tuple[str, str], dict[int, Way]] = {
    ("get", "/batches"): LIST,
    ("get", "/batches/{batch_id}"): {
        **of_batch("GET", 200),
        410: lambda doors, path: about(
            doors.works, "GET", path, deleted(doors.works, sent(doors.works, b"[]"))
        ),
        429: lambda doors, path: about(doors.locked.client_with("limited"), "GET", path + "?wait=1"),
    },
    ("get", "/batches/{batch_id}/results"): FOLLOWED,
    ("get", "/batches/{batch_id}/events"): FOLLOWED,
    ("post", "/batches/{batch_id}/cancel"): {
        **of_batch("POST", 200, ONE),
        202: lambda doors, path: about(
            doors.works, "POST", path, held(doors), b'{"terminate": true}', **JSON
        ),
        400: lambda doors, path: about(doors.works, "POST", path, None, b"{", **JSON),
        409: lambda doors, path: about(doors.works, "POST", path, sent(doors.works, b"[]")),
        410: about_gone,
        413: lambda doors, path: about(doors.works, "POST", path, None, b" " * 2**21, **JSON),
        415: lambda doors, path: about(
            doors.works, "POST", path, None, b"x", **{"Content-Type": "text/plain"}
        ),
    },
    ("post", "/batches/{batch_id}/retry"): {
        **of_batch("POST", 202),
        409: lambda doors, path: about(doors.works, "POST", path, sent(doors.works)),
        410: about_gone,
    },
    ("delete", "/batches/{batch_id}"): {
        **of_batch("DELETE", 204),
        409: lambda doors, path: about(doors.works, "DELETE", path, sent(doors.works)),
    },
    ("post", "/batches"): {
        202: lambda doors, _: sent(doors.works),
        400: lambda doors, _: sent(doors.works, b"["),
        404: lambda doors, _: sent(doors.works, json.dumps([{"name": "nobody"}]).encode()),
        409: longer,
        410: gone,
        413: lambda doors, _: sent(doors.works, b" " * 2**21),
        415: lambda doors, _: sent(doors.works, ONE, **{"Content-Type": "text/plain"}),
        422: lambda doors, _: sent(doors.works, b"[0]"),
        429: too_often,
        500: lambda doors, _: sent(doors.faulty, ONE, **FAULT),
        503: lambda doors, _: sent(doors.cut_off),
    },
}
BATCHES = with_refusals(BATCHES)
