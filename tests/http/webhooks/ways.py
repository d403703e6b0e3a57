"""For each route of webhooks and each status that it documents: how to get it."""

import hashlib
from uuid import uuid4

import httpx

from celeriac.ledger.store import keys
from lab.harness.waiting import wait_until
from tests.http.service.ways import FAULT, JSON, LIST, Doors, Way, with_refusals
from tests.support.door import document

ENDPOINT = b'{"url": "https://example.com/", "disabled": true}'
NOBODY = "00000000-0000-4000-8000-000000000000"


def to_endpoint(
    client: httpx.Client, method: str, path: str, name: str = "", body: bytes | None = None, /, **headers: str
) -> httpx.Response:
    """A request about an endpoint; about one that was just put, and is gone afterwards, where no name is given."""
    if name:
        return client.request(
            method,
            path.replace("{name}", name),
            content=body,
            headers=headers if body is None else JSON | headers,
        )
    address = f"/webhooks/{uuid4()}"
    assert client.put(address, content=ENDPOINT, headers=JSON).status_code == 201
    response = client.request(method, address, content=body, headers=headers if body is None else JSON)
    client.delete(address)
    return response


def put_new(doors: Doors, _: str) -> httpx.Response:
    """A new endpoint, which is gone afterwards."""
    response = doors.works.put("/webhooks/new", content=ENDPOINT, headers=JSON)
    doors.works.delete("/webhooks/new")
    return response


def put_too_many(doors: Doors, _: str) -> httpx.Response:
    """One endpoint more than an owner may have."""
    names = [f"/webhooks/many-{number}" for number in range(11)]
    response = [doors.works.put(name, content=ENDPOINT, headers=JSON) for name in names][-1]
    for name in names:
        doors.works.delete(name)
    return response


def of_endpoint(method: str, status: int) -> dict[int, Way]:
    """The ways of a route about one endpoint."""
    return {
        status: lambda doors, path: to_endpoint(doors.works, method, path),
        404: lambda doors, path: to_endpoint(doors.works, method, path, "nobody"),
        422: lambda doors, path: to_endpoint(doors.works, method, path + "?x=1", "nobody"),
        500: lambda doors, path: to_endpoint(doors.faulty, method, path, "nobody", **FAULT),
        503: lambda doors, path: to_endpoint(doors.cut_off, method, path, "nobody"),
    }


def delivery(doors: Doors, *, has_ended: bool = False) -> str:
    """The id of a delivery to a host that is not there, or to a URL that is gone."""
    url = f"https://nowhere.example:9999/{uuid4()}"
    if has_ended:
        digest = hashlib.sha1(url.encode(), usedforsecurity=False).hexdigest()
        doors.redis.set(keys.gone_url("", digest), 1, ex=60)
    task = document(doors.works.post("/tasks", json={"name": "unserved", "notify": [{"url": url}]}))
    doors.works.post(task["links"]["cancel"])
    place = f"/deliveries?task_id={task['task_id']}" + ("&state=failed" if has_ended else "")
    items = wait_until(lambda: document(doors.works.get(place))["items"])
    return str(items[0]["delivery_id"])


def to_delivery(
    client: httpx.Client, method: str, path: str, delivery_id: str = NOBODY, /, **headers: str
) -> httpx.Response:
    """A request about a delivery."""
    return client.request(method, path.replace("{delivery_id}", delivery_id), headers=headers)


def of_delivery(method: str) -> dict[int, Way]:
    """The refusals of a route about one delivery."""
    return {
        404: lambda doors, path: to_delivery(doors.works, method, path),
        422: lambda doors, path: to_delivery(doors.works, method, path + "?x=1"),
        500: lambda doors, path: to_delivery(doors.faulty, method, path, **FAULT),
        503: lambda doors, path: to_delivery(doors.cut_off, method, path),
    }


WEBHOOKS: dict[tuple[str, str], dict[int, Way]] = {
    ("put", "/webhooks/{name}"): {
        200: lambda doors, path: to_endpoint(doors.works, "PUT", path, "", ENDPOINT),
        201: put_new,
        400: lambda doors, path: to_endpoint(doors.works, "PUT", path, "x", b"{"),
        404: lambda doors, path: to_endpoint(doors.works, "PUT", path, "-", ENDPOINT),
        409: put_too_many,
        413: lambda doors, path: to_endpoint(doors.works, "PUT", path, "x", b" " * 2**21),
        415: lambda doors, path: to_endpoint(
            doors.works, "PUT", path, "x", b"{}", **{"Content-Type": "text/plain"}
        ),
        422: lambda doors, path: to_endpoint(doors.works, "PUT", path, "x", b"{}"),
        500: lambda doors, path: to_endpoint(doors.faulty, "PUT", path, "x", ENDPOINT, **FAULT),
        503: lambda doors, path: to_endpoint(doors.cut_off, "PUT", path, "x", ENDPOINT),
    },
    ("get", "/webhooks"): LIST,
    ("get", "/webhooks/{name}"): of_endpoint("GET", 200),
    ("delete", "/webhooks/{name}"): of_endpoint("DELETE", 204),
    ("post", "/webhooks/secret/rotate"): {
        200: lambda doors, path: doors.works.post(path),
        422: lambda doors, path: doors.works.post(path, params={"x": 1}),
        500: lambda doors, path: doors.faulty.post(path, headers=FAULT),
        503: lambda doors, path: doors.cut_off.post(path),
    },
    ("get", "/deliveries"): LIST,
    ("get", "/deliveries/{delivery_id}"): {
        200: lambda doors, path: to_delivery(doors.works, "GET", path, delivery(doors)),
        **of_delivery("GET"),
    },
    ("post", "/deliveries/{delivery_id}/retry"): {
        202: lambda doors, path: to_delivery(doors.works, "POST", path, delivery(doors, has_ended=True)),
        409: lambda doors, path: to_delivery(doors.works, "POST", path, delivery(doors)),
        **of_delivery("POST"),
    },
}
WEBHOOKS = with_refusals(WEBHOOKS)
