"""Keys made, listed, rotated and revoked over HTTP."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from celeriac.access.secret import digest, well_formed
from lab.harness.waiting import wait_until
from tests.http.access.keys import Locked, bearer
from tests.support.door import document, problem_of


@pytest.fixture(scope="module")
def admin(locked: Locked) -> Iterator[httpx.Client]:
    """A client that may do everything."""
    with locked.client_with("has-admin") as client:
        yield client


def made(admin: httpx.Client, *scopes: str, **more: object) -> dict[str, Any]:
    """The document of a new key, with its secret."""
    answer = admin.post("/keys", json={"name": f"k-{uuid4()}", "scopes": scopes, **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = document(answer)
    return found


def test_a_key_is_shown_once_and_opens_what_its_scopes_say(locked: Locked, admin: httpx.Client) -> None:
    key = made(admin, "read", "submit:add", owner="shop", expires="90d", limits={"rate": 5})
    assert well_formed(key["key"])
    assert (key["owner"], key["scopes"], key["source"]) == ("shop", ["read", "submit:add"], "redis")
    headers = bearer(key["key"])
    assert locked.client.get("/tasks", headers=headers).status_code == 200
    assert locked.client.post("/add", json={"x": 1, "y": 2}, headers=headers).status_code == 202
    assert problem_of(locked.client.get("/keys", headers=headers)) == (403, "forbidden")
    shown = admin.get(f"/keys/{key['name']}")
    assert document(shown) == {name: value for name, value in key.items() if name != "key"}
    everything = shown.text + admin.get("/keys").text
    assert key["key"] not in everything
    assert digest(key["key"]) not in everything


def test_the_answer_with_a_secret_names_its_place_and_is_kept_by_no_cache(admin: httpx.Client) -> None:
    answer = admin.post("/keys", json={"name": "placed", "scopes": ["read"]})
    assert answer.headers["location"] == "/keys/placed"
    assert answer.headers["cache-control"] == "no-store"


def test_the_list_has_the_keys_of_redis_and_of_the_file(admin: httpx.Client) -> None:
    key = made(admin, "read")
    sources = {item["name"]: item["source"] for item in document(admin.get("/keys"))["items"]}
    assert (sources[key["name"]], sources["has-admin"]) == ("redis", "file")
    assert list(sources) == sorted(sources)


def test_after_a_rotation_with_overlap_both_secrets_open_and_without_one_the_new_alone(
    locked: Locked, admin: httpx.Client
) -> None:
    key = made(admin, "read")
    turned = document(admin.post(f"/keys/{key['name']}/rotate", json={"overlap": "1h"}))
    assert turned["overlap_until"] > turned["created_at"]
    assert [status(locked, one["key"]) for one in (key, turned)] == [200, 200]
    last = document(admin.post(f"/keys/{key['name']}/rotate"))
    assert last["overlap_until"] is None
    wait_until(lambda: [status(locked, one["key"]) for one in (key, turned, last)] == [401, 401, 200])


def test_a_revoked_key_opens_nothing_and_its_name_is_free_again(locked: Locked, admin: httpx.Client) -> None:
    key = made(admin, "read")
    assert status(locked, key["key"]) == 200
    assert admin.delete(f"/keys/{key['name']}").status_code == 204
    wait_until(lambda: status(locked, key["key"]) == 401)
    assert problem_of(admin.get(f"/keys/{key['name']}")) == (404, "key-not-found")
    assert admin.post("/keys", json={"name": key["name"], "scopes": ["read"]}).status_code == 201


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"name": "a/b"}, "/name"),
        ({"scopes": ["everything"]}, "/scopes"),
        ({"scopes": []}, "/scopes"),
        ({"owner": "a b"}, "/owner"),
        ({"expires": "soon"}, "/expires"),
        ({"expires": "0d"}, "/expires"),
        ({"limits": {"rate": -1}}, "/limits/rate"),
        ({"limits": {"speed": 1}}, "/limits/speed"),
        ({"secret": "x"}, "/secret"),
    ],
)
def test_a_key_that_cannot_be_is_refused_with_the_member_that_is_wrong(
    admin: httpx.Client, wrong: dict[str, object], pointer: str
) -> None:
    refused = admin.post("/keys", json={"name": "wrong", "scopes": ["read"], **wrong})
    assert problem_of(refused) == (422, "invalid-input")
    assert document(refused)["errors"][0]["pointer"].startswith(pointer)


def test_whoever_has_a_key_sees_whose_it_is_and_what_it_may_do(locked: Locked, quiet: httpx.Client) -> None:
    own = document(locked.client.get("/me", headers=locked.headers("has-metrics")))
    assert (own["name"], own["owner"], own["scopes"]) == ("has-metrics", "has-metrics", ["metrics"])
    assert set(own["limits"].values()) == {None}
    unlocked = document(quiet.get("/me"))
    assert (unlocked["name"], unlocked["owner"], unlocked["scopes"]) == (None, None, ["admin"])


def status(locked: Locked, secret: str) -> int:
    """What a request of a reader with this secret comes to."""
    return locked.client.get("/tasks", headers=bearer(secret)).status_code
