"""For each route of limits and each status that it documents: how to get it."""

from uuid import uuid4

import httpx

from tests.http.service.ways import FAULT, JSON, LIST, Doors, Way, with_refusals

RULES = b'{"limit": 2, "rate": "1/s"}'


def asked(
    client: httpx.Client, method: str, path: str, key: str = "", body: bytes | None = None, /, **headers: str
) -> httpx.Response:
    """A request about a key; one of its own, which has rules, where none is given."""
    if not key:
        key = str(uuid4())
        assert client.put(f"/limits/{key}", content=RULES, headers=JSON).status_code == 201
    headers = headers if body is None else JSON | headers
    return client.request(method, path.replace("{key}", key), content=body, headers=headers)


def of_limit(method: str, status: int) -> dict[int, Way]:
    """The ways of a route about one key."""
    return {
        status: lambda doors, path: asked(doors.works, method, path),
        404: lambda doors, path: asked(doors.works, method, path, "nothing"),
        422: lambda doors, path: asked(doors.works, method, path + "?x=1", "nothing"),
        500: lambda doors, path: asked(doors.faulty, method, path, "nothing", **FAULT),
        503: lambda doors, path: asked(doors.cut_off, method, path, "nothing"),
    }


def of_another_owner(doors: Doors, path: str) -> httpx.Response:
    """Rules for the key of an owner that the caller does not see."""
    return asked(doors.locked.client_with("has-operate"), "PUT", path + "?owner=other", "k", RULES)


LIMITS: dict[tuple[str, str], dict[int, Way]] = with_refusals(
    {
        ("get", "/limits"): LIST,
        ("get", "/limits/{key}"): of_limit("GET", 200),
        ("delete", "/limits/{key}"): of_limit("DELETE", 204),
        ("put", "/limits/{key}"): {
            200: lambda doors, path: asked(doors.works, "PUT", path, "", RULES),
            201: lambda doors, path: asked(doors.works, "PUT", path, str(uuid4()), RULES),
            400: lambda doors, path: asked(doors.works, "PUT", path, "x", b"{"),
            404: of_another_owner,
            413: lambda doors, path: asked(doors.works, "PUT", path, "x", b" " * 2**21),
            415: lambda doors, path: asked(
                doors.works, "PUT", path, "x", b"{}", **{"Content-Type": "text/plain"}
            ),
            422: lambda doors, path: asked(doors.works, "PUT", path, "x", b"{}"),
            500: lambda doors, path: asked(doors.faulty, "PUT", path, "x", RULES, **FAULT),
            503: lambda doors, path: asked(doors.cut_off, "PUT", path, "x", RULES),
        },
    }
)
