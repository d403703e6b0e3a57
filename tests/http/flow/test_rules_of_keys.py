"""`/limits`: the rules of keys are shown, changed while tasks wait, and removed."""

from urllib.parse import quote

import httpx
import pytest
from redis import Redis

from lab.harness.waiting import wait_until
from tests.http.access.keys import Locked, bearer
from tests.http.flow.submitting import accepted, fresh, left_over
from tests.support.door import Document, cancel, document, ended, problem_of, shown


def of_key(client: httpx.Client, key: str) -> Document:
    """What is known of a key."""
    response = client.get(f"/limits/{quote(key, safe='')}")
    assert response.status_code == 200, response.text
    limit: Document = document(response)
    return limit


def put(client: httpx.Client, key: str, **rules: object) -> httpx.Response:
    """Set rules of a key."""
    return client.put(f"/limits/{quote(key, safe='')}", json=rules)


def many(client: httpx.Client, count: int, **options: object) -> list[Document]:
    """So many tasks with these options, of a value of their input."""
    return [accepted(client, "unserved", input={"x": 7}, **options) for _ in range(count)]


def test_a_key_shows_who_has_a_slot_and_how_many_wait(quiet: httpx.Client, quiet_redis: Redis) -> None:
    tasks = many(quiet, 4, concurrency={"key": "/x", "limit": 1})
    limit = of_key(quiet, "/x=7")
    assert (limit["key"], limit["owner"], limit["rules"]) == (
        "/x=7", None, {"limit": 1, "rate": None, "burst": None},
    )  # fmt: skip
    assert (limit["running"], limit["waiting"], limit["override"]) == (1, 3, None)
    ids = [task["task_id"] for task in tasks]
    assert (limit["running_tasks"], limit["waiting_tasks"]) == (ids[:1], ids[1:])
    assert document(quiet.get("/limits//x=7")) == limit
    for task in tasks:
        cancel(quiet, task)
    assert problem_of(quiet.get("/limits/%2Fx%3D7")) == (404, "limit-not-found")
    assert left_over(quiet_redis) == []


def test_a_higher_limit_lets_those_go_on_that_wait_and_a_lower_one_holds_until_it_is_deleted(
    quiet: httpx.Client, quiet_redis: Redis
) -> None:
    key = fresh()["key"]
    tasks = many(quiet, 6, concurrency={"key": key, "limit": 1})
    assert put(quiet, key, limit=3).status_code == 201
    assert quiet_redis.llen("unserved") == 3
    changed = document(put(quiet, key, limit=0))
    assert (changed["rules"]["limit"], changed["submitted"]["limit"], changed["running"]) == (0, 1, 3)
    for task in tasks[:3]:
        cancel(quiet, task)
    assert (of_key(quiet, key)["running"], of_key(quiet, key)["waiting"]) == (0, 3)
    assert quiet.delete(f"/limits/{key}").status_code == 204
    assert of_key(quiet, key)["running"] == 1
    assert problem_of(quiet.delete(f"/limits/{key}")) == (404, "limit-not-found")
    for task in tasks:
        cancel(quiet, task)
    assert left_over(quiet_redis) == []


def test_another_rate_holds_at_once(client: httpx.Client) -> None:
    key = fresh()["key"]
    tasks = [accepted(client, throttle={"key": key, "rate": "1/h"}) for _ in range(4)]
    limit = of_key(client, key)
    assert (limit["rules"]["rate"], limit["throttled"], limit["next_start_at"] > limit["key"][:0]) == (
        "1/h",
        3,
        True,
    )
    assert put(client, key, rate="20/s").status_code == 201
    assert [ended(client, task)["result"] for task in tasks] == [9] * 4
    assert client.delete(f"/limits/{key}").status_code == 204


def test_rules_can_be_set_before_the_first_task_and_are_listed_by_owner(locked: Locked) -> None:
    with locked.api.client() as client:
        admin, reader = bearer(locked.secrets["has-admin"]), bearer(locked.secrets["has-read"])
        keys = [f"{number}/{fresh()['key']}" for number in range(3)]
        for key in keys:
            path = f"/limits/{quote(key, safe='')}"
            assert client.put(path, json={"limit": 2}, headers=reader).status_code == 403
            assert client.put(path, json={"limit": 2}, headers=admin).status_code == 201
        listed, cursor = [], None
        while cursor != "":
            query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
            page = document(client.get("/limits", params=query, headers=admin))
            listed += [item["key"] for item in page["items"]]
            cursor = page["next_cursor"] or ""
        assert [key for key in listed if key in keys] == keys
        assert document(client.get("/limits", headers=reader))["items"] == []
        assert problem_of(client.get(f"/limits/{quote(keys[0], safe='')}", headers=reader)) == (
            404,
            "limit-not-found",
        )
        assert client.get("/limits?owner=has-admin", headers=reader).json()["items"] == []
        for key in keys:
            assert client.delete(f"/limits/{quote(key, safe='')}", headers=admin).status_code == 204


@pytest.mark.parametrize(
    ("rules", "pointer"),
    [
        ({}, ""),
        ({"limit": -1}, "/limit"),
        ({"rate": "fast"}, "/rate"),
        ({"burst": 0}, "/burst"),
        ({"size": 1}, "/size"),
    ],
)
def test_rules_that_make_no_sense_are_refused(rules: Document, pointer: str, quiet: httpx.Client) -> None:
    answer = put(quiet, "key", **rules)
    assert problem_of(answer) == (422, "invalid-input"), answer.text
    assert document(answer)["errors"][0]["pointer"] == pointer


def test_a_slot_of_a_task_that_was_deleted_by_others_is_given_on(
    quiet: httpx.Client, quiet_redis: Redis
) -> None:
    tasks = many(quiet, 2, concurrency={**fresh(), "limit": 1})
    quiet_redis.delete(f"celeriac:task:{tasks[0]['task_id']}")
    wait_until(lambda: shown(quiet, tasks[1])["state"] == "queued")
    cancel(quiet, tasks[1])
    assert left_over(quiet_redis) == []
