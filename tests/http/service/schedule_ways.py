"""For each route of schedules and each status that it documents: how to get it."""

import json
from uuid import uuid4

import httpx

from tests.http.service.ways import FAULT, JSON, LIST, Doors, Way, with_refusals

SCHEDULE = b'{"submit": {"name": "unserved", "input": {}}, "every": "PT1H"}'


def scheduled(
    client: httpx.Client, method: str, path: str, name: str = "", body: bytes | None = None, /, **headers: str
) -> httpx.Response:
    """A request about a schedule; one of its own, which was just put, where no name is given."""
    if not name:
        name = f"schedule-{uuid4()}"
        assert client.put(f"/schedules/{name}", content=SCHEDULE, headers=JSON).status_code == 201
    headers = headers if body is None else JSON | headers
    return client.request(method, path.replace("{name}", name), content=body, headers=headers)


def of_schedule(method: str, status: int) -> dict[int, Way]:
    """The ways of a route about one schedule."""
    return {
        status: lambda doors, path: scheduled(doors.works, method, path),
        404: lambda doors, path: scheduled(doors.works, method, path, "nobody"),
        422: lambda doors, path: scheduled(doors.works, method, path + "?x=1", "nobody"),
        500: lambda doors, path: scheduled(doors.faulty, method, path, "nobody", **FAULT),
        503: lambda doors, path: scheduled(doors.cut_off, method, path, "nobody"),
    }


def run_too_often(doors: Doors, _: str) -> httpx.Response:
    """A schedule that runs now with a key whose rate is used up."""
    key = doors.locked.client_with("limited")
    key.put("/schedules/often", content=SCHEDULE, headers=JSON)
    key.post("/schedules/often/run")
    return key.post("/schedules/often/run")


def delete_declared(doors: Doors, path: str) -> httpx.Response:
    """A schedule that looks as if it were declared."""
    name = f"schedule-{uuid4()}"
    scheduled(doors.works, "PUT", path, name, SCHEDULE)
    key = f"celeriac:schedule::{name}"
    plan = json.loads(doors.redis.hget(key, "plan") or b"{}")
    doors.redis.hset(key, "plan", json.dumps({**plan, "declared": True}))
    return scheduled(doors.works, "DELETE", path, name)


def one_too_many(doors: Doors, path: str) -> httpx.Response:
    """A second schedule, where there is room for one."""
    scheduled(doors.faulty, "PUT", path, f"schedule-{uuid4()}", SCHEDULE)
    return scheduled(doors.faulty, "PUT", path, f"schedule-{uuid4()}", SCHEDULE)


SCHEDULES: dict[tuple[str, str], dict[int, Way]] = {
    ("get", "/schedules"): LIST,
    ("get", "/schedules/{name}"): of_schedule("GET", 200),
    ("get", "/schedules/{name}/next"): of_schedule("GET", 200),
    ("post", "/schedules/{name}/pause"): of_schedule("POST", 200),
    ("post", "/schedules/{name}/resume"): of_schedule("POST", 200),
    ("post", "/schedules/{name}/run"): {**of_schedule("POST", 202), 429: run_too_often},
    ("delete", "/schedules/{name}"): {**of_schedule("DELETE", 204), 409: delete_declared},
    ("put", "/schedules/{name}"): {
        200: lambda doors, path: scheduled(doors.works, "PUT", path, "", SCHEDULE),
        201: lambda doors, path: scheduled(doors.works, "PUT", path, f"schedule-{uuid4()}", SCHEDULE),
        400: lambda doors, path: scheduled(doors.works, "PUT", path, "x", b"{"),
        404: lambda doors, path: scheduled(
            doors.works, "PUT", path, "x", SCHEDULE.replace(b"unserved", b"nobody")
        ),
        409: one_too_many,
        413: lambda doors, path: scheduled(doors.works, "PUT", path, "x", b" " * 2**21),
        415: lambda doors, path: scheduled(
            doors.works, "PUT", path, "x", b"{}", **{"Content-Type": "text/plain"}
        ),
        422: lambda doors, path: scheduled(doors.works, "PUT", path, "x", b"{}"),
        500: lambda doors, path: scheduled(doors.faulty, "PUT", path, "x", SCHEDULE, **FAULT),
        503: lambda doors, path: scheduled(doors.cut_off, "PUT", path, "x", SCHEDULE),
    },
}
SCHEDULES = with_refusals(SCHEDULES)
