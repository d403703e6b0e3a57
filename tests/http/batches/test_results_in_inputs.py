"""`{"$results": id}` in an input stands for the results of a batch."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from redis import Redis

from celeriac.ledger.model.batch import ids_in
from celeriac.ledger.store import keys
from lab.harness.waiting import wait_until
from tests.support.door import Document, cancel, document, ended, problem_of


@pytest.fixture(autouse=True)
def keeper_is_done(redis: Redis) -> Iterator[None]:
    """At the end, what the keeper goes on with: results that nobody needs any more are kept for their time."""
    yield
    wait_until(lambda: not redis.exists(keys.releasing()))


def batch_of(client: httpx.Client, *items: Document) -> Document:
    """A batch of these items."""
    response = client.post("/batches", json=items)
    assert response.status_code == 202, response.text
    batch: Document = document(response)
    return batch


def gather(
    client: httpx.Client, batch: Document, name: str = "give_back_anything", **options: Any
) -> Document:
    """A task that gets the results of this batch."""
    body = {"name": name, "input": {"value": {"$results": batch["batch_id"]}}, "after": [batch["batch_id"]]}
    response = client.post("/tasks", json={**body, **options})
    assert response.status_code == 202, response.text
    task: Document = document(response)
    return task


def sums(count: int, **options: Any) -> list[Document]:
    """As many items, whose results are their numbers."""
    return [{"name": "add", "input": {"x": number, "y": 0}, **options} for number in range(count)]


def test_they_are_put_in_in_the_order_of_the_items(client: httpx.Client) -> None:
    batch = batch_of(client, *sums(130))
    task = gather(client, batch, "give_back_numbers")
    assert ended(client, task)["result"] == list(range(130))
    again = document(client.post(task["links"]["retry"]))
    assert ended(client, again)["result"] == list(range(130))
    assert ended(client, gather(client, batch_of(client)))["result"] == []


def test_in_place_of_a_task_without_a_result_there_is_null(client: httpx.Client) -> None:
    batch = batch_of(client, *sums(2), {"name": "fail", "input": {"message": "no"}})
    assert ended(client, gather(client, batch))["error"]["type"] == "DependencyFailed"
    assert ended(client, gather(client, batch, when="ended"))["result"] == [0, 1, None]
    failed = ended(client, gather(client, batch, "give_back_numbers", when="ended"))
    assert "Input should be a valid integer" in failed["error"]["message"]


def test_they_stay_for_as_long_as_a_task_needs_them(client: httpx.Client, redis: Redis) -> None:
    items = sums(60)
    batch = batch_of(client, *items, *sums(1, delay=0.5))
    first = gather(client, batch, delay=3600)
    second = gather(client, batch, delay=2)
    results = [keys.result(ids_in(batch["batch_id"])(number)) for number in range(61)]
    wait_until(lambda: {redis.ttl(key) for key in (*results, keys.batch(batch["batch_id"]))} == {-1})
    assert problem_of(client.delete(batch["links"]["self"])) == (409, "batch-not-ended")
    assert len(ended(client, second)["result"]) == 61
    assert {redis.ttl(key) for key in results} == {-1}
    cancel(client, first)
    wait_until(lambda: min(redis.ttl(key) for key in (*results, keys.batch(batch["batch_id"]))) > 0)
    assert not redis.exists(keys.needers(batch["batch_id"]))
    assert client.delete(batch["links"]["self"]).status_code == 204


@pytest.mark.parametrize("more", [{"pointer": "/0"}, {"$result": "5"}])
def test_a_reference_has_nothing_beside_the_id(more: Document, quiet: httpx.Client) -> None:
    batch = batch_of(quiet)
    value = {"$results": batch["batch_id"], **more}
    body = {"name": "give_back_anything", "input": {"value": value}, "after": [batch["batch_id"]]}
    response = quiet.post("/tasks", json=body)
    assert problem_of(response) == (422, "invalid-input")
    assert document(response)["errors"][0]["pointer"] == "/input/value"


WORDS = {"as": "words", "name": "word_count", "input": {"text": "to be"}}


def test_an_item_that_refers_to_a_result_which_cannot_fit_is_refused(client: httpx.Client) -> None:
    outside = document(client.post("/word_count", json={"text": "be"}))["task_id"]
    whole = {"name": "add", "input": {"x": {"$result": "words"}, "y": 1}, "after": ["words"]}
    part = {**whole, "input": {"x": {"$result": "words", "pointer": "/be"}, "y": 1}}
    foreign = {"name": "add", "input": {"x": 1, "y": {"$result": outside}}, "after": [outside]}
    assert client.post("/batches", json=[WORDS, part]).status_code == 202
    refused = document(client.post("/batches", json=[WORDS, part, foreign, whole]))
    assert [error["pointer"] for error in refused["errors"]] == ["/2/input/y"]
    lines = "\n".join(json.dumps(item) for item in [WORDS, whole, part])
    headers = {"Content-Type": "application/x-ndjson"}
    refused = document(client.post("/batches", content=lines, headers=headers))
    assert (refused["line"], refused["accepted"], refused["errors"][0]["pointer"]) == (2, 1, "/input/x")
    assert "should be integer, and the result of 'word_count' is object" in refused["detail"]
