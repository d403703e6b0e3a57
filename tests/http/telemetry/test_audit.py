"""Each change leaves a line in the log and an entry in the audit trail."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from celeriac.access.audit_entry import plain
from celeriac.ledger.tables.audit import LAST_SECONDS, MOST_WAITING, AuditTrail
from celeriac_api.openapi import starter_app
from lab.harness.waiting import wait_until
from tests.http.access.keys import Locked, bearer
from tests.support.door import document, problem_of, submit

ROUTES = [route.declared for route in starter_app().short_routes]
Act = Callable[[httpx.Client, str], httpx.Response]


@pytest.fixture(scope="module")
def admin(locked: Locked) -> httpx.Client:
    """A client that may do everything."""
    return locked.client_with("has-admin")


def entries(admin: httpx.Client, **filters: str) -> list[dict[str, Any]]:
    """The newest entries."""
    answer = admin.get("/audit", params={"limit": "200", **filters})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = document(answer)["items"]
    return items


def entry_of(admin: httpx.Client, response: httpx.Response) -> dict[str, Any]:
    """The entry about this request, as soon as it is there."""
    own = response.headers["x-request-id"]
    (entry,) = wait_until(lambda: [entry for entry in entries(admin) if entry["request_id"] == own])
    return entry


def fresh(locked: Locked, admin: httpx.Client, *scopes: str) -> tuple[str, httpx.Client]:
    """The name of a new key, of which nothing is noted yet, and a client that has it."""
    key = document(admin.post("/keys", json={"name": f"key-{uuid4()}", "scopes": scopes}))
    base_url = locked.client.base_url
    return key["name"], httpx.Client(
        base_url=base_url, headers=bearer(key["key"]), timeout=60, trust_env=False
    )


def cancelled(admin: httpx.Client) -> str:
    """The id of a task that was cancelled."""
    task_id = str(submit(admin, "unserved")["task_id"])
    assert admin.post(f"/tasks/{task_id}/cancel").status_code == 200
    return task_id


SCHEDULE = {"submit": {"name": "unserved"}, "every": "P300D"}


def new_key(admin: httpx.Client) -> str:
    """The name of a new key."""
    name = f"key-{uuid4()}"
    assert admin.post("/keys", json={"name": name, "scopes": ["read"]}).status_code == 201
    return name


def new_schedule(admin: httpx.Client) -> str:
    """The name of a new schedule, which is not due soon."""
    name = f"schedule-{uuid4()}"
    assert admin.put(f"/schedules/{name}", json=SCHEDULE).status_code == 201
    return name


def new_limit(admin: httpx.Client) -> str:
    """A key for which a limit is set."""
    key = str(uuid4())
    assert admin.put(f"/limits/{key}", json={"limit": 1}).status_code == 201
    return key


def new_batch(admin: httpx.Client, *names: str) -> str:
    """The id of a new batch of these tasks."""
    response = admin.post("/batches", json=[{"name": name} for name in names])
    assert response.status_code == 202, response.text
    return str(response.json()["batch_id"])


def ended_delivery(admin: httpx.Client) -> str:
    """The id of a delivery that was not sent, because its endpoint is gone."""
    url = "https://nowhere.example/"
    name = f"endpoint-{uuid4()}"
    admin.put(f"/webhooks/{name}", json={"url": url})
    task_id = cancelled(admin)
    admin.delete(f"/webhooks/{name}")
    place = f"/deliveries?task_id={task_id}&state=failed"
    return str(wait_until(lambda: admin.get(place).json()["items"])[0]["delivery_id"])


ENDPOINT = {"url": "https://example.com/", "disabled": True}


def new_endpoint(admin: httpx.Client) -> str:
    """The name of a new endpoint."""
    name = f"endpoint-{uuid4()}"
    assert admin.put(f"/webhooks/{name}", json=ENDPOINT).status_code == 201
    return name


USES: dict[str, tuple[Callable[[httpx.Client], str], Act, int]] = {
    "cancel_task": (
        lambda admin: str(submit(admin, "unserved")["task_id"]),
        lambda admin, target: admin.post(f"/tasks/{target}/cancel"),
        200,
    ),
    "retry_task": (cancelled, lambda admin, target: admin.post(f"/tasks/{target}/retry"), 202),
    "delete_task": (cancelled, lambda admin, target: admin.delete(f"/tasks/{target}"), 204),
    "pause_queue": (lambda _: "default", lambda admin, target: admin.post(f"/queues/{target}/pause"), 200),
    "resume_queue": (lambda _: "default", lambda admin, target: admin.post(f"/queues/{target}/resume"), 200),
    "purge_queue": (lambda _: "default", lambda admin, target: admin.post(f"/queues/{target}/purge"), 200),
    "create_key": (
        lambda _: f"key-{uuid4()}",
        lambda admin, target: admin.post("/keys", json={"name": target, "scopes": ["read"]}),
        201,
    ),
    "rotate_key": (new_key, lambda admin, target: admin.post(f"/keys/{target}/rotate"), 200),
    "revoke_key": (new_key, lambda admin, target: admin.delete(f"/keys/{target}"), 204),
    "cancel_batch": (
        lambda admin: new_batch(admin, "unserved"),
        lambda admin, target: admin.post(f"/batches/{target}/cancel"),
        200,
    ),
    "retry_batch": (new_batch, lambda admin, target: admin.post(f"/batches/{target}/retry"), 202),
    "delete_batch": (new_batch, lambda admin, target: admin.delete(f"/batches/{target}"), 204),
    "put_schedule": (
        lambda _: f"schedule-{uuid4()}",
        lambda admin, target: admin.put(f"/schedules/{target}", json=SCHEDULE),
        201,
    ),
    "pause_schedule": (
        new_schedule,
        lambda admin, target: admin.post(f"/schedules/{target}/pause"),
        200,
    ),
    "resume_schedule": (
        new_schedule,
        lambda admin, target: admin.post(f"/schedules/{target}/resume"),
        200,
    ),
    "put_limit": (
        lambda _: str(uuid4()),
        lambda admin, target: admin.put(f"/limits/{target}", json={"limit": 1}),
        201,
    ),
    "delete_limit": (new_limit, lambda admin, target: admin.delete(f"/limits/{target}"), 204),
    "delete_schedule": (new_schedule, lambda admin, target: admin.delete(f"/schedules/{target}"), 204),
    "put_endpoint": (
        lambda _: f"endpoint-{uuid4()}",
        lambda admin, target: admin.put(f"/webhooks/{target}", json=ENDPOINT),
        201,
    ),
    "delete_endpoint": (new_endpoint, lambda admin, target: admin.delete(f"/webhooks/{target}"), 204),
    "rotate_webhook_secret": (lambda _: "", lambda admin, _: admin.post("/webhooks/secret/rotate"), 200),
    "retry_delivery": (
        ended_delivery,
        lambda admin, target: admin.post(f"/deliveries/{target}/retry"),
        202,
    ),
}


def test_every_route_that_changes_something_is_audited_but_submitting() -> None:
    audited = {route.operation_id for route in ROUTES if route.is_audited}
    rest = [route for route in ROUTES if not route.is_audited and route.method != "GET"]
    assert audited == USES.keys()
    assert {route.tag for route in rest} == {
        "submit",
        "batches",
        "schedules",
    }  # to run one now is a submission
    assert all(route.returns is not None and 202 in {route.status, *route.answers} for route in rest)


@pytest.mark.parametrize("action", USES)
def test_a_use_is_noted_with_who_what_whence_and_the_outcome(
    locked: Locked, admin: httpx.Client, action: str
) -> None:
    prepare, act, status = USES[action]
    target = prepare(admin)
    response = act(admin, target)
    assert response.status_code == status, response.text
    entry = entry_of(admin, response)
    assert datetime.fromisoformat(entry.pop("at")).tzinfo is not None
    assert entry == {
        "action": action,
        "target": target,
        "caller": "key",
        "name": "has-admin",
        "owner": "has-admin",
        "client": "127.0.0.1",
        "status": status,
        "request_id": response.headers["x-request-id"],
    }
    line = f"{action} of '{target}' by key 'has-admin' of owner 'has-admin' at 127.0.0.1: {status}"
    wait_until(lambda: line in locked.api.log)


def test_a_lack_of_scope_is_noted_on_every_route_once_a_minute(locked: Locked, admin: httpx.Client) -> None:
    name, scraper = fresh(locked, admin, "metrics")
    refused = [scraper.get("/catalog") for _ in range(3)]
    assert {problem_of(response) for response in refused} == {(403, "forbidden")}
    entry = entry_of(admin, refused[0])
    assert (entry["name"], entry["status"], entry["target"]) == (name, 403, "")
    assert len([entry for entry in entries(admin) if entry["name"] == name]) == 1
    path = f"/tasks/{uuid4()}/cancel"
    assert entry_of(admin, scraper.post(path))["target"] == path.split("/")[2]


def test_reading_submitting_mistakes_and_strangers_leave_no_entry(
    locked: Locked, admin: httpx.Client
) -> None:
    unnoted = [
        admin.get("/tasks"),
        admin.post("/unserved", json={}),
        admin.post(f"/tasks/{uuid4()}/cancel", params={"x": "1"}),
        locked.client.post("/queues/default/pause"),
        admin.post("/keys", json={"name": "no scopes"}),
    ]
    entry_of(admin, admin.post("/queues/default/resume"))
    ids = {response.headers["x-request-id"] for response in unnoted}
    assert not ids.intersection(entry["request_id"] for entry in entries(admin))


def test_names_from_outside_are_short_and_escaped(locked: Locked, admin: httpx.Client) -> None:
    _, operator = fresh(locked, admin, "operate")
    refused = operator.post("/queues/a%0A2026%20ERROR%20%1B%5B31m%C3%A9" + "x" * 500 + "/pause")
    assert problem_of(refused) == (404, "unknown-queue")
    entry = entry_of(admin, refused)
    assert entry["target"].startswith(r"a\n2026 ERROR \x1b[31m\xe9xxx")
    assert len(entry["target"]) == 100
    wait_until(lambda: r"a\n2026 ERROR" in locked.api.log)
    assert "\x1b" not in locked.api.log
    assert plain("\ud800", 10) == r"\ud800"


def test_the_trail_is_read_in_pages_and_by_admins_alone(locked: Locked, admin: httpx.Client) -> None:
    for _ in range(3):
        entry_of(admin, admin.post("/queues/default/resume"))
    everything = entries(admin)
    pages: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while len(pages) < 3:
        page = document(admin.get("/audit", params={"limit": "1", **cursor}))
        pages += page["items"]
        cursor = {"cursor": page["next_cursor"]}
    assert pages == everything[:3]
    long_ago = datetime.fromisoformat(everything[-1]["at"]) - timedelta(days=1)
    assert entries(admin, before=long_ago.isoformat().replace("+00:00", "Z")) == []
    assert entries(admin, before="0029-01-01T00:00:00Z") == entries(admin, cursor="0-0") == []
    assert problem_of(admin.get("/audit", params={"cursor": "+"})) == (422, "invalid-input")
    assert problem_of(locked.client_with("lacks-admin").get("/audit")) == (403, "forbidden")


def test_while_redis_is_away_nobody_waits_and_the_newest_entries_are_kept() -> None:
    async def run() -> None:
        trail = AuditTrail("redis://127.0.0.1:9/0")
        for number in range(2 * MOST_WAITING):
            trail.add(b"%d" % number)
        writer = trail._writer
        assert writer is not None
        done, _ = await asyncio.wait([writer], timeout=0.5)
        assert not done
        assert len(trail._waiting) <= MOST_WAITING
        assert trail._waiting[-1] == b"%d" % (2 * MOST_WAITING - 1)
        began = time.monotonic()
        await trail.close()
        assert time.monotonic() - began < LAST_SECONDS + 60

    asyncio.run(run())
