"""Whose a batch is, and what happens when it is sent twice at once."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import pytest
from redis import Redis

from tests.http.access.keys import Locked
from tests.http.batches.test_batches import add, batch_of, both_ways, post
from tests.support.door import document, problem_of


@both_ways
def test_a_batch_belongs_to_the_owner_of_the_key(way: str, locked: Locked) -> None:
    mine, other, admin = (locked.client_with(name) for name in ("unlimited", "lacks-admin", "has-admin"))
    key = {"Idempotency-Key": str(uuid4())}
    batch = batch_of(post(mine, add(), add(delay=100), way=way, headers=key))
    assert batch["owner"] == "limited"
    for action, path in (
        ("GET", "self"),
        ("GET", "results"),
        ("GET", "events"),
        ("POST", "cancel"),
        ("POST", "retry"),
    ):
        assert problem_of(other.request(action, batch["links"][path])) == (404, "batch-not-found")
    assert problem_of(other.delete(batch["links"]["self"])) == (404, "batch-not-found")
    after = {**add(), "after": [batch["batch_id"]]}
    assert problem_of(other.post("/tasks", json=after)) == (422, "dependency-not-found")
    assert problem_of(post(other, after)) == (422, "dependency-not-found")
    assert batch["batch_id"] not in other.get("/batches").text
    assert batch_of(post(other, add(), add(delay=100), way=way, headers=key))["batch_id"] != batch["batch_id"]
    assert document(admin.get(batch["links"]["self"])) == document(mine.get(batch["links"]["self"]))
    assert document(admin.get("/batches", params={"owner": "limited", "limit": 1}))["items"][0] == document(
        mine.get(batch["links"]["self"])
    )
    assert admin.post(batch["links"]["cancel"]).status_code == 200


@both_ways
@pytest.mark.usefixtures("quiet_redis")
def test_the_same_batch_sent_four_times_at_once_is_accepted_once(
    way: str, quiet: httpx.Client, quiet_redis: Redis
) -> None:
    key = {"Idempotency-Key": "at once"}
    items = [add(number, number) for number in range(400)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: post(quiet, *items, way=way, headers=key), range(4)))
    assert {batch_of(answer)["total"] for answer in answers} == {400}
    assert len({batch_of(answer)["batch_id"] for answer in answers}) == 1
    assert quiet_redis.llen("default") == 400
