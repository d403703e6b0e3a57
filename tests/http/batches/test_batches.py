"""Batches over HTTP: accepted as an array or line by line, and waited for."""

import json
from typing import Any

import httpx
import pytest
from redis import Redis

from tests.support.door import Document, document, ended, problem_of

LINES = {"content-type": "application/x-ndjson"}


def add(x: Any = 4, y: Any = 5, **options: Any) -> Document:
    """An item that adds."""
    return {"name": "add", "input": {"x": x, "y": y}, **options}


def of_lines(*items: Any) -> bytes:
    """A body of these, one a line."""
    return b"".join(json.dumps(item).encode() + b"\n" for item in items)


def post(client: httpx.Client, *items: Any, way: str = "array", **request: Any) -> httpx.Response:
    """Send these items as a batch."""
    if way == "array":
        return client.post("/batches", json=list(items), **request)
    headers = {**LINES, **request.pop("headers", {})}
    return client.post("/batches", content=of_lines(*items), headers=headers, **request)


def batch_of(response: httpx.Response) -> Document:
    """The document of a batch that was accepted."""
    assert response.status_code == 202, response.text
    return dict(document(response))


def at_end(client: httpx.Client, batch: Document) -> Document:
    """The document of this batch at its end."""
    after = document(client.get(batch["links"]["self"], params={"wait": 50}))
    assert after["ready"], after
    return dict(after)


both_ways = pytest.mark.parametrize("way", ["array", "lines"])


@both_ways
def test_a_batch_is_accepted_counted_and_waited_for(way: str, client: httpx.Client) -> None:
    items = [add(number, 1) for number in range(120)]
    response = post(
        client, *items, {"name": "fail", "input": {"message": "no"}}, way=way, params={"label": "many"}
    )
    batch = batch_of(response)
    assert response.headers["location"] == batch["links"]["self"]
    assert (batch["total"], batch["complete"], batch["label"], batch["owner"]) == (121, True, "many", None)
    end = at_end(client, batch)
    counts = {state: count for state, count in end["counts"].items() if count}
    assert (counts, end["successful"]) == ({"succeeded": 120, "failed": 1}, False)
    assert end["expires_at"] > end["ended_at"] > end["created_at"]
    listed = document(client.get("/batches", params={"limit": 1}))
    assert listed["items"] == [end]


@both_ways
def test_a_batch_without_items_is_ready_at_once(way: str, client: httpx.Client) -> None:
    batch = batch_of(post(client, way=way))
    assert (batch["total"], batch["ready"], batch["successful"]) == (0, True, True)
    assert ended(client, batch_task(client, after=batch))["result"] == 9


def batch_task(client: httpx.Client, *, after: Document, **options: Any) -> Document:
    """A task after a batch."""
    response = client.post("/tasks", json={**add(), "after": [after["batch_id"]], **options})
    assert response.status_code == 202, response.text
    return dict(document(response))


@both_ways
def test_items_run_after_earlier_ones_by_name_and_refer_to_their_results(
    way: str, client: httpx.Client
) -> None:
    items = [
        add(1, 2, **{"as": "three"}),
        add(3, 4, **{"as": "seven"}),
        add({"$result": "three"}, {"$result": "seven"}, **{"as": "ten", "after": ["three", "seven"]}),
        add({"$result": "ten"}, 1, after=["ten"]),
    ]
    batch = at_end(client, batch_of(post(client, *items, way=way)))
    assert batch["successful"], batch
    tasks = document(client.get("/tasks", params={"limit": 4}))["items"]
    assert [task["result"] for task in tasks] == [11, 10, 7, 3]
    places = [(task["batch"]["batch_id"], task["batch"]["number"], task["batch"]["name"]) for task in tasks]
    assert places == [
        (batch["batch_id"], number, name)
        for number, name in ((3, None), (2, "ten"), (1, "seven"), (0, "three"))
    ]


@both_ways
@pytest.mark.parametrize(
    ("item", "when", "state"),
    [
        (add(), "succeeded", "succeeded"),
        (add(), "failed", "cancelled"),
        ({"name": "fail", "input": {"message": "no"}}, "succeeded", "cancelled"),
        ({"name": "fail", "input": {"message": "no"}}, "failed", "succeeded"),
        ({"name": "fail", "input": {"message": "no"}}, "ended", "succeeded"),
    ],
)
def test_a_task_runs_after_a_batch_as_after_a_task(
    way: str, item: Document, when: str, state: str, client: httpx.Client
) -> None:
    batch = batch_of(post(client, add(delay=0.3), item, way=way))
    early = batch_task(client, after=batch, when=when)
    assert early["state"] == "blocked"
    at_end(client, batch)
    for task in (early, batch_task(client, after=batch, when=when)):
        end = ended(client, task)
        assert end["state"] == state
        if state == "cancelled":
            assert f"waited for batch {batch['batch_id']} to" in end["error"]["message"]


@pytest.mark.usefixtures("quiet_redis")
def test_an_array_is_accepted_as_a_whole_or_not_at_all(quiet: httpx.Client, quiet_redis: Redis) -> None:
    items = [add() for _ in range(130)]
    wrong = post(quiet, *items, add("no", 1), *items)
    assert problem_of(wrong) == (422, "invalid-input")
    assert document(wrong)["errors"][0]["pointer"] == "/130/input/x"
    unknown = post(quiet, *items, add(after=["5b0f5a0c-2f61-4d0e-9b52-5f6d1d8f3f99"]))
    assert problem_of(unknown) == (422, "dependency-not-found")
    assert problem_of(post(quiet, *[add()] * 10_001)) == (422, "invalid-input")
    left = {
        key.decode()
        for pattern in ("celeriac:task*", "celeriac:batch*")
        for key in quiet_redis.scan_iter(pattern)
    }
    assert left == set()


@pytest.mark.usefixtures("quiet_redis")
def test_a_broken_line_ends_a_batch_with_what_was_accepted(quiet: httpx.Client) -> None:
    response = post(quiet, *[add()] * 70, add("no", 1), add(), way="lines")
    assert problem_of(response) == (422, "invalid-input")
    problem = document(response)
    assert (problem["line"], problem["accepted"]) == (71, 70)
    batch = document(quiet.get(f"/batches/{problem['batch_id']}"))
    assert (batch["total"], batch["complete"]) == (70, True)


@pytest.mark.usefixtures("quiet_redis")
def test_with_a_key_each_line_is_accepted_once_and_a_break_is_gone_on_from(quiet: httpx.Client) -> None:
    key = {"Idempotency-Key": "line by line"}
    items = [add(number, number) for number in range(120)]
    broken = document(post(quiet, *items[:70], "no", *items[71:], way="lines", headers=key))
    assert (broken["line"], broken["accepted"]) == (71, 70)
    batch = document(quiet.get(f"/batches/{broken['batch_id']}"))
    assert (batch["total"], batch["complete"]) == (70, False)
    other = document(post(quiet, *items[:30], add(), *items[31:], way="lines", headers=key))
    assert (other["type"].rpartition(":")[2], other["line"]) == ("idempotency-conflict", 31)
    for _ in range(2):
        again = post(quiet, *items, way="lines", headers=key)
        whole = batch_of(again)
        assert (whole["batch_id"], whole["total"], whole["complete"]) == (batch["batch_id"], 120, True)
        assert again.headers["idempotent-replayed"] == "true"
    more = post(quiet, *items, add(), way="lines", headers=key)
    assert (problem_of(more), document(more)["line"]) == ((409, "batch-complete"), 121)
    assert problem_of(post(quiet, *items, way="array", headers=key)) == (422, "idempotency-conflict")


@pytest.mark.usefixtures("quiet_redis")
def test_an_array_with_a_key_is_accepted_once(quiet: httpx.Client) -> None:
    key = {"Idempotency-Key": "as a whole"}
    first = post(quiet, *[add()] * 60, headers=key)
    again = post(quiet, *[add()] * 60, headers=key)
    assert batch_of(first)["batch_id"] == batch_of(again)["batch_id"]
    assert "idempotent-replayed" not in first.headers
    assert (again.headers["idempotent-replayed"], batch_of(again)["total"]) == ("true", 60)
    assert problem_of(post(quiet, add(), headers=key)) == (422, "idempotency-conflict")
