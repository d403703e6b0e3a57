"""For each route and each status that it documents: how to get it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import uuid4

import httpx
from redis import Redis

from celeriac.contract.catalog import load_implementations
from celeriac_api.openapi import derived
from tests.http.access.keys import Locked
from tests.support.door import in_state, run, submit

DOCUMENT: dict[str, Any] = json.loads(derived())
NAMES = list(load_implementations("tasks"))
JSON = {"Content-Type": "application/json"}
UNKNOWN = "0d9cbd4e-5b6f-4c3e-9d0a-3f1c5f1f8a52"


@dataclass(frozen=True)
class Doors:
    """The APIs that give between them every answer that there is."""

    works: httpx.Client
    cut_off: httpx.Client
    faulty: httpx.Client
    locked: Locked
    redis: Redis


Way = Callable[[Doors, str], httpx.Response]


def ready(doors: Doors) -> str:
    """The id of a task that succeeded."""
    return str(run(doors.works, "add", x=4, y=5)["task_id"])


def failed(doors: Doors) -> str:
    """The id of a task that failed."""
    return str(run(doors.works, "fail", message="x")["task_id"])


def gone(doors: Doors) -> str:
    """The id of a task whose result was deleted."""
    task_id = ready(doors)
    doors.redis.delete(f"celery-task-meta-{task_id}")
    return task_id


def forgotten(doors: Doors) -> str:
    """The id of a task that was forgotten."""
    task_id = ready(doors)
    assert doors.works.delete(f"/tasks/{task_id}").status_code == 204
    return task_id


def unserved(doors: Doors) -> str:
    """The id of a task that nobody takes."""
    return str(submit(doors.works, "unserved")["task_id"])


def running(doors: Doors) -> str:
    """The id of a task that runs until it is cancelled."""
    task = submit(doors.works, "hold", until="/nowhere/at/all")
    return str(in_state(doors.works, task, "running")["task_id"])


def posted(client: httpx.Client, path: str, body: bytes | None = None, /, **headers: str) -> httpx.Response:
    """A submission with the documented example, or with this body."""
    return client.post(
        path, content=json.dumps(example(path)) if body is None else body, headers=JSON | headers
    )


def asked(client: httpx.Client, path: str, task_id: str, **headers: str) -> httpx.Response:
    """A GET of this task."""
    return client.get(path.replace("{task_id}", task_id), headers=headers)


def deleted(client: httpx.Client, path: str, task_id: str, **headers: str) -> httpx.Response:
    """A DELETE of this task."""
    return client.delete(path.replace("{task_id}", task_id), headers=headers)


def told(
    client: httpx.Client, path: str, task_id: str, body: bytes = b"", /, **headers: str
) -> httpx.Response:
    """A POST about this task."""
    return client.post(path.replace("{task_id}", task_id), content=body, headers=JSON | headers)


def queue_of(path: str, queue: str) -> str:
    """The path for this queue."""
    return path.replace("{queue}", queue)


def begun(client: httpx.Client, path: str) -> httpx.Response:
    """The beginning of a stream that has no end."""
    with client.stream("GET", path) as response:
        next(response.iter_lines())
        return response


def put(
    client: httpx.Client, path: str, task_id: str, body: bytes | None = None, /, **headers: str
) -> httpx.Response:
    """A submission under this id, of the documented example, or with this body."""
    content = json.dumps(example(path, "put")) if body is None else body
    return client.put(path.replace("{task_id}", task_id), content=content, headers=JSON | headers)


def example(path: str, method: str = "post") -> Any:
    """The first documented example of the body of a submission."""
    content = DOCUMENT["paths"][path][method]["requestBody"]["content"]["application/json"]
    return (content.get("examples") or content["schema"]["examples"])[0]


def refused(method: str, key: str, doors: Doors, path: str) -> httpx.Response:
    """What this key comes to, which is not enough."""
    with doors.locked.asked(method, path, key) as response:
        response.read()
        return response


def administered(
    doors: Doors, method: str, path: str, key: str = "", body: bytes = b"", /, **headers: str
) -> httpx.Response:
    """A request about a key, with a key that may do everything."""
    headers = doors.locked.headers("has-admin") | (JSON if body else {}) | headers
    return doors.locked.client.request(method, path.replace("{name}", key), content=body, headers=headers)


def created(doors: Doors) -> str:
    """The name of a new key."""
    name = f"key-{uuid4()}"
    asked = json.dumps({"name": name, "scopes": ["read"]}).encode()
    assert administered(doors, "POST", "/keys", "", asked).status_code == 201
    return name


def taken(doors: Doors, path: str) -> httpx.Response:
    """A submission under an id that another owner has."""
    task_id = str(uuid4())
    assert put(doors.locked.client_with("has-submit"), path, task_id).status_code == 202
    return put(doors.locked.client_with("unlimited"), path, task_id)


def limited(method: str, doors: Doors, path: str) -> httpx.Response:
    """A request that is to wait, or to stream, with a key that may not."""
    body = json.dumps(example(path, method)) if method != "get" else None
    params = {} if path.endswith("events") else {"wait": 1}
    place = path.replace("{task_id}", str(uuid4()))
    client = doors.locked.client_with("limited")
    return client.request(method, place, content=body, params=params, headers=JSON if body else {})


def retried_too_often(doors: Doors, path: str) -> httpx.Response:
    """A retry with a key whose rate is used up."""
    unlimited, key = doors.locked.client_with("unlimited"), doors.locked.client_with("limited")
    task_id = submit(unlimited, "unserved")["task_id"]
    assert unlimited.post(f"/tasks/{task_id}/cancel").status_code == 200
    key.post("/unserved", json={})
    return told(key, path, task_id)


FAULT = {"X-Fault": "early"}
SUBMISSION: dict[int, Way] = {
    202: lambda doors, path: posted(doors.works, path),
    200: lambda doors, path: posted(doors.works, path, Prefer="wait=30"),
    400: lambda doors, path: posted(doors.works, path, b"{"),
    413: lambda doors, path: posted(doors.works, path, b" " * 2**21),
    415: lambda doors, path: posted(doors.works, path, b"{}", **{"Content-Encoding": "br"}),
    422: lambda doors, path: posted(doors.works, path, b'{"no such member": 1}'),
    500: lambda doors, path: posted(doors.faulty, path, **FAULT),
    429: partial(limited, "post"),
    503: lambda doors, path: posted(doors.cut_off, path),
}
LIST: dict[int, Way] = {
    200: lambda doors, path: doors.works.get(path),
    422: lambda doors, path: doors.works.get(path, params={"limit": "all"}),
    500: lambda doors, path: doors.faulty.get(path, headers=FAULT),
    503: lambda doors, path: doors.cut_off.get(path),
}
PART: dict[int, Way] = {
    200: lambda doors, path: asked(doors.works, path, ready(doors)),
    404: lambda doors, path: asked(doors.works, path, UNKNOWN),
    410: lambda doors, path: asked(doors.works, path, forgotten(doors)),
    422: lambda doors, path: asked(doors.works, path + "?x=1", UNKNOWN),
    500: lambda doors, path: asked(doors.faulty, path, UNKNOWN, **FAULT),
    503: lambda doors, path: asked(doors.cut_off, path, UNKNOWN),
}
LOOK: dict[int, Way] = {
    200: lambda doors, path: doors.works.get(path),
    422: lambda doors, path: doors.works.get(path, params={"x": 1}),
    500: lambda doors, path: doors.faulty.get(path, headers=FAULT),
    503: lambda doors, path: doors.cut_off.get(path),
}
QUEUE: dict[int, Way] = {
    200: lambda doors, path: doors.works.post(queue_of(path, unserved(doors) and "unserved")),
    404: lambda doors, path: doors.works.post(queue_of(path, "gpu")),
    422: lambda doors, path: doors.works.post(queue_of(path, "unserved"), params={"x": 1}),
    500: lambda doors, path: doors.faulty.post(queue_of(path, "unserved"), headers=FAULT),
    503: lambda doors, path: doors.cut_off.post(queue_of(path, "unserved")),
}
# For each route and each status that it documents: how to get it.
WAYS: dict[tuple[str, str], dict[int, Way]] = {
    ("get", "/livez"): {
        200: lambda doors, path: doors.works.get(path),
        422: lambda doors, path: doors.works.get(path, params={"x": 1}),
        500: lambda doors, path: doors.faulty.get(path, headers=FAULT),
    },
    ("get", "/readyz"): {
        200: lambda doors, path: doors.works.get(path),
        422: lambda doors, path: doors.works.get(path, params={"x": 1}),
        500: lambda doors, path: doors.faulty.get(path, headers=FAULT),
        503: lambda doors, path: doors.cut_off.get(path),
    },
    ("get", "/tasks/{task_id}"): {
        200: lambda doors, path: asked(doors.works, path, ready(doors)),
        304: lambda doors, path: asked(doors.works, path, ready(doors), **{"If-None-Match": "*"}),
        404: lambda doors, path: asked(doors.works, path, UNKNOWN),
        410: lambda doors, path: asked(doors.works, path, gone(doors)),
        422: lambda doors, path: asked(doors.works, path + "?wait=soon", UNKNOWN),
        429: partial(limited, "get"),
        500: lambda doors, path: asked(doors.faulty, path, UNKNOWN, **FAULT),
        503: lambda doors, path: asked(doors.cut_off, path, UNKNOWN),
    },
    ("get", "/tasks/{task_id}/result"): {
        200: lambda doors, path: asked(doors.works, path, ready(doors)),
        202: lambda doors, path: asked(doors.works, path, submit(doors.works, "unserved")["task_id"]),
        404: lambda doors, path: asked(doors.works, path, UNKNOWN),
        409: lambda doors, path: asked(doors.works, path, failed(doors)),
        410: lambda doors, path: asked(doors.works, path, gone(doors)),
        422: lambda doors, path: asked(doors.works, path + "?wait=soon", UNKNOWN),
        429: partial(limited, "get"),
        500: lambda doors, path: asked(doors.faulty, path, UNKNOWN, **FAULT),
        503: lambda doors, path: asked(doors.cut_off, path, UNKNOWN),
    },
    ("get", "/tasks/{task_id}/input"): PART,
    ("get", "/tasks/{task_id}/graph"): PART,
    ("post", "/tasks"): {
        **SUBMISSION,
        404: lambda doors, path: posted(doors.works, path, b'{"name": "nobody", "input": {}}'),
    },
    ("put", "/tasks/{task_id}"): {
        202: lambda doors, path: put(doors.works, path, str(uuid4())),
        200: lambda doors, path: put(doors.works, path, str(uuid4()), Prefer="wait=30"),
        400: lambda doors, path: put(doors.works, path, UNKNOWN, b"{"),
        404: lambda doors, path: put(doors.works, path, UNKNOWN, b'{"name": "nobody", "input": {}}'),
        410: lambda doors, path: put(doors.works, path, forgotten(doors)),
        413: lambda doors, path: put(doors.works, path, UNKNOWN, b" " * 2**21),
        415: lambda doors, path: put(doors.works, path, UNKNOWN, b"{}", **{"Content-Type": "text/plain"}),
        422: lambda doors, path: put(doors.works, path, unserved(doors)),
        409: taken,
        429: partial(limited, "put"),
        500: lambda doors, path: put(doors.faulty, path, UNKNOWN, **FAULT),
        503: lambda doors, path: put(doors.cut_off, path, UNKNOWN),
    },
    ("get", "/tasks"): LIST,
    ("get", "/tasks/{task_id}/events"): {**PART, 429: partial(limited, "get")},
    ("get", "/events"): {
        **LOOK,
        429: partial(limited, "get"),
        200: lambda doors, path: begun(doors.works, path),
    },
    ("get", "/queues"): LOOK,
    ("get", "/workers"): LOOK,
    ("get", "/metrics"): LOOK,
    ("get", "/catalog"): LOOK,
    ("get", "/queues/{queue}"): {
        200: lambda doors, path: doors.works.get(queue_of(path, "unserved")),
        404: lambda doors, path: doors.works.get(queue_of(path, "gpu")),
        422: lambda doors, path: doors.works.get(queue_of(path, "unserved"), params={"x": 1}),
        500: lambda doors, path: doors.faulty.get(queue_of(path, "unserved"), headers=FAULT),
        503: lambda doors, path: doors.cut_off.get(queue_of(path, "unserved")),
    },
    ("post", "/queues/{queue}/purge"): QUEUE,
    ("post", "/queues/{queue}/pause"): QUEUE,
    ("post", "/queues/{queue}/resume"): QUEUE,
    ("get", "/queues/{queue}/rejected"): LIST,
    ("post", "/tasks/{task_id}/cancel"): {
        200: lambda doors, path: told(doors.works, path, unserved(doors)),
        202: lambda doors, path: told(doors.works, path, running(doors), b'{"terminate": true}'),
        400: lambda doors, path: told(doors.works, path, UNKNOWN, b"{"),
        404: lambda doors, path: told(doors.works, path, UNKNOWN),
        409: lambda doors, path: told(doors.works, path, ready(doors)),
        410: lambda doors, path: told(doors.works, path, forgotten(doors)),
        413: lambda doors, path: told(doors.works, path, UNKNOWN, b" " * 2**21),
        415: lambda doors, path: told(doors.works, path, UNKNOWN, b"{}", **{"Content-Type": "text/plain"}),
        422: lambda doors, path: told(doors.works, path, UNKNOWN, b'{"terminate": 1}'),
        500: lambda doors, path: told(doors.faulty, path, UNKNOWN, **FAULT),
        503: lambda doors, path: told(doors.cut_off, path, UNKNOWN),
    },
    ("post", "/tasks/{task_id}/retry"): {
        202: lambda doors, path: told(doors.works, path, ready(doors)),
        400: lambda doors, path: told(doors.works, path, UNKNOWN, b"{"),
        413: lambda doors, path: told(doors.works, path, UNKNOWN, b" " * 2**21),
        415: lambda doors, path: told(doors.works, path, UNKNOWN, b"{}", **{"Content-Type": "text/plain"}),
        404: lambda doors, path: told(doors.works, path, UNKNOWN),
        409: lambda doors, path: told(doors.works, path, unserved(doors)),
        410: lambda doors, path: told(doors.works, path, forgotten(doors)),
        422: lambda doors, path: told(doors.works, path + "?x=1", UNKNOWN),
        429: retried_too_often,
        500: lambda doors, path: told(doors.faulty, path, UNKNOWN, **FAULT),
        503: lambda doors, path: told(doors.cut_off, path, UNKNOWN),
    },
    ("delete", "/tasks/{task_id}"): {
        204: lambda doors, path: deleted(doors.works, path, ready(doors)),
        404: lambda doors, path: deleted(doors.works, path, UNKNOWN),
        409: lambda doors, path: deleted(doors.works, path, unserved(doors)),
        422: lambda doors, path: deleted(doors.works, path + "?x=1", UNKNOWN),
        500: lambda doors, path: deleted(doors.faulty, path, UNKNOWN, **FAULT),
        503: lambda doors, path: deleted(doors.cut_off, path, UNKNOWN),
    },
    **{("post", f"/{name}"): SUBMISSION for name in NAMES},
}
IN_FILE = "has-read"
WAYS |= {
    ("get", "/me"): LOOK,
    ("get", "/keys"): LOOK,
    ("get", "/audit"): LIST,
    ("post", "/keys"): {
        201: lambda doors, path: administered(
            doors, "POST", path, "", b'{"name": "%b", "scopes": ["submit:add"]}' % str(uuid4()).encode()
        ),
        400: lambda doors, path: administered(doors, "POST", path, "", b"{"),
        409: lambda doors, path: administered(
            doors, "POST", path, "", b'{"name": "%b", "scopes": ["read"]}' % IN_FILE.encode()
        ),
        413: lambda doors, path: administered(doors, "POST", path, "", b" " * 2**21),
        415: lambda doors, path: administered(
            doors, "POST", path, "", b"{}", **{"Content-Type": "text/plain"}
        ),
        422: lambda doors, path: administered(doors, "POST", path, "", b'{"name": "a b", "scopes": []}'),
        500: lambda doors, path: posted(doors.faulty, path, **FAULT),
        503: lambda doors, path: posted(doors.cut_off, path),
    },
    ("get", "/keys/{name}"): {
        200: lambda doors, path: administered(doors, "GET", path, IN_FILE),
        404: lambda doors, path: administered(doors, "GET", path, "nobody"),
        422: lambda doors, path: administered(doors, "GET", path + "?x=1", IN_FILE),
        500: lambda doors, path: doors.faulty.get(path, headers=FAULT),
        503: lambda doors, path: doors.cut_off.get(path),
    },
    ("post", "/keys/{name}/rotate"): {
        200: lambda doors, path: administered(doors, "POST", path, created(doors), b'{"overlap": "1h"}'),
        400: lambda doors, path: administered(doors, "POST", path, IN_FILE, b"{"),
        404: lambda doors, path: administered(doors, "POST", path, "nobody"),
        409: lambda doors, path: administered(doors, "POST", path, IN_FILE),
        413: lambda doors, path: administered(doors, "POST", path, IN_FILE, b" " * 2**21),
        415: lambda doors, path: administered(
            doors, "POST", path, IN_FILE, b"{}", **{"Content-Type": "text/plain"}
        ),
        422: lambda doors, path: administered(doors, "POST", path, IN_FILE, b'{"overlap": "soon"}'),
        500: lambda doors, path: doors.faulty.post(path, headers=FAULT),
        503: lambda doors, path: doors.cut_off.post(path),
    },
    ("delete", "/keys/{name}"): {
        204: lambda doors, path: administered(doors, "DELETE", path, created(doors)),
        404: lambda doors, path: administered(doors, "DELETE", path, "nobody"),
        409: lambda doors, path: administered(doors, "DELETE", path, IN_FILE),
        422: lambda doors, path: administered(doors, "DELETE", path + "?x=1", IN_FILE),
        500: lambda doors, path: doors.faulty.delete(path, headers=FAULT),
        503: lambda doors, path: doors.cut_off.delete(path),
    },
}


def with_refusals(
    ways_by_route: dict[tuple[str, str], dict[int, Way]],
) -> dict[tuple[str, str], dict[int, Way]]:
    """The same; each route that needs a scope also refuses a caller without a key, and one that lacks the scope."""
    whole = {}
    for (method, path), ways in ways_by_route.items():
        whole[method, path] = dict(ways)
        for security in DOCUMENT["paths"][path][method]["security"]:
            lacking = [f"lacks-{scope}" for scope in security["bearer"]]
            for status, key in zip((401, 403), ("none", *lacking), strict=False):
                whole[method, path][status] = partial(refused, method, key)
    return whole


WAYS = with_refusals(WAYS)
