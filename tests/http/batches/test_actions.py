"""What can be done with a batch: cancel, run again, read results, follow, delete."""

import json
import time
from itertools import takewhile
from pathlib import Path

import httpx
import pytest
from redis import Redis

from lab.harness.waiting import wait_until
from tests.http.batches.test_batches import add, at_end, batch_of, both_ways, post
from tests.http.events.test_events import watch
from tests.support.door import Document, document, problem_of

FAIL: Document = {"name": "fail", "input": {"message": "no"}}


def counts(batch: Document) -> dict[str, int]:
    """The states that some of its tasks are in."""
    return {state: count for state, count in batch["counts"].items() if count}


def lines(response: httpx.Response) -> list[Document]:
    """The results in this answer."""
    assert response.status_code == 200, response.text
    return [json.loads(line) for line in response.text.splitlines() if line]


@both_ways
@pytest.mark.usefixtures("quiet_redis")
def test_a_batch_that_is_cancelled_is_ready_and_takes_no_more(way: str, quiet: httpx.Client) -> None:
    batch = batch_of(post(quiet, *[add()] * 120, add(delay=100), way=way))
    response = quiet.post(batch["links"]["cancel"])
    after = document(response)
    assert (response.status_code, after["ready"], after["cancel_requested"]) == (200, True, True)
    assert counts(after) == {"cancelled": 121}
    assert problem_of(quiet.post(batch["links"]["cancel"])) == (409, "batch-ended")
    assert quiet.delete(batch["links"]["self"]).status_code == 204
    assert problem_of(quiet.get(batch["links"]["self"])) == (410, "batch-gone")


def test_running_tasks_are_told_of_it(client: httpx.Client) -> None:
    hold = {"name": "hold", "input": {"until": "/nowhere/at/all"}}
    batch = batch_of(post(client, {**hold, "as": "first"}, add(after=["first"])))
    wait_until(lambda: document(client.get(batch["links"]["self"]))["counts"]["running"])
    assert problem_of(client.delete(batch["links"]["self"])) == (409, "batch-not-ended")
    assert problem_of(client.post(batch["links"]["retry"])) == (409, "batch-not-ended")
    response = client.post(batch["links"]["cancel"], json={"terminate": True})
    assert response.status_code == 202
    assert counts(at_end(client, batch)) == {"cancelled": 2}


def test_results_come_in_the_order_of_the_items_or_of_their_ends(
    client: httpx.Client, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    items = [
        {"name": "hold", "input": {"until": str(gate)}, "as": "slow"},
        *[add(number, 1) for number in range(60)],
        FAIL,
        add(after=["slow"]),
    ]
    batch = batch_of(post(client, *items))
    url = batch["links"]["results"]
    wait_until(lambda: document(client.get(batch["links"]["self"]))["counts"]["succeeded"] == 60)
    now = lines(client.get(url, params={"limit": 3}))
    assert [(line["number"], line["state"], line["result"]) for line in now] == [
        (0, "running", None), (1, "succeeded", 1), (2, "succeeded", 2)
    ]  # fmt: skip
    with client.stream("GET", url, params={"order": "ends", "start": 61}) as response:
        gate.touch()
        last = [json.loads(line) for line in response.iter_lines() if line]
    assert [(line["number"], line["name"]) for line in last] == [(0, "slow"), (62, None)]
    whole = lines(client.get(url))
    assert [line["number"] for line in whole] == list(range(63))
    assert whole[61]["error"]["message"] == "no"
    assert sorted(line["number"] for line in lines(client.get(url, params={"order": "ends"}))) == list(
        range(63)
    )


def test_events_are_the_counts_until_it_is_ready(client: httpx.Client, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    batch = batch_of(post(client, {"name": "hold", "input": {"until": str(gate)}}, add()))
    events = watch(client, batch["links"]["events"])
    first = next(events)
    gate.touch()
    rest = list(events)
    assert first.kind == "counts"
    assert rest[-1].kind == "done"
    assert rest[-1].data == document(client.get(batch["links"]["self"]))


def test_a_batch_that_does_not_change_is_not_read_for_those_who_watch_it(
    client: httpx.Client, redis: Redis, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    holds = ({"name": "hold", "input": {"until": str(gate)}} for gate in (first, second))
    batch = batch_of(post(client, *holds))
    wait_until(lambda: document(client.get(batch["links"]["self"]))["counts"]["running"] == 2)
    with client.stream("GET", batch["links"]["results"], params={"order": "ends"}) as response:
        results = (json.loads(line) for line in response.iter_lines() if line)
        first.touch()
        assert next(results)["number"] == 0
        wait_until(lambda: not reads_in_a_second(redis, batch["batch_id"]))
        second.touch()
        assert [line["number"] for line in results] == [1]


def reads_in_a_second(redis: Redis, batch_id: str) -> list[str]:
    """The commands that name this batch."""
    with redis.monitor() as monitor:
        time.sleep(1)
        redis.echo("end")
        commands = (entry["command"] for entry in monitor.listen())
        return [
            command
            for command in takewhile(lambda text: not text.startswith("ECHO"), commands)
            if batch_id in command
        ]


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "again"}])
def test_what_failed_runs_again_with_its_edges(headers: dict[str, str], client: httpx.Client) -> None:
    add_sum = {**add({"$result": "good"}, 1), "after": ["good", "bad"]}
    items = [add(1, 2, **{"as": "good"}), {**FAIL, "as": "bad"}, add_sum, {**FAIL, "after": ["good"], "as": "worse"},
             add(after=["worse"], when="failed")]  # fmt: skip
    old = at_end(client, batch_of(post(client, *items, params={"label": "again"})))
    assert counts(old) == {"succeeded": 2, "failed": 2, "cancelled": 1}
    for _ in range(2):
        response = client.post(old["links"]["retry"], headers=headers)
        new = at_end(client, batch_of(response))
        assert (new["total"], new["label"]) == (3, "again")
        assert counts(new) == {"failed": 2, "cancelled": 1}
        results = lines(client.get(new["links"]["results"]))
        assert [(line["name"], line["state"]) for line in results] == [
            ("bad", "failed"), (None, "cancelled"), ("worse", "failed")
        ]  # fmt: skip
        task = document(client.get(f"/tasks/{results[0]['task_id']}"))
        assert task["retry_of"] == lines(client.get(old["links"]["results"]))[1]["task_id"]
    assert ("idempotent-replayed" in response.headers) == bool(headers)


@pytest.mark.usefixtures("quiet_redis")
def test_the_keeper_completes_what_nobody_goes_on_with_and_forgets_what_is_old(
    quiet: httpx.Client, quiet_redis: Redis
) -> None:
    key = {"Idempotency-Key": "never ended"}
    broken = document(post(quiet, add(), "no", way="lines", headers=key))
    batch_id = broken["batch_id"]
    quiet_redis.zadd("celeriac:batches-incomplete", {batch_id: 1})
    batch = wait_until(
        lambda: shown if (shown := document(quiet.get(f"/batches/{batch_id}")))["complete"] else None
    )
    assert (batch["total"], batch["ready"]) == (1, False)
    assert quiet.post(batch["links"]["cancel"]).status_code == 200
    quiet_redis.zadd("celeriac:batches-ended", {batch_id: 1})
    wait_until(lambda: quiet.get(f"/batches/{batch_id}").status_code == 410)
    assert problem_of(post(quiet, add(), way="lines", headers=key)) == (410, "batch-gone")
    keys = {key.decode() for key in quiet_redis.scan_iter("celeriac:batch*")}
    assert keys == set()


@both_ways
@pytest.mark.parametrize(
    "options",
    [
        {"concurrency": {"key": "/x", "limit": 1}},
        {"throttle": {"key": "/x", "rate": "100/s"}},
        {"fair": "/x"},
        {"priority": "low"},
        {"delay": 0.1, "tags": ["of-a-batch"]},
        {"unique": {"key": "/x"}},
        {"debounce": {"key": "/x", "quiet": "PT1S", "at_most": "PT2S"}},
    ],
    ids=lambda options: next(iter(options)),
)
def test_items_have_the_options_of_a_submission(way: str, options: Document, client: httpx.Client) -> None:
    batch = at_end(
        client, batch_of(post(client, *[add(7, number, **options) for number in range(5)], way=way))
    )
    ended = batch["counts"]["succeeded"] + batch["counts"]["cancelled"]
    assert (ended + batch["existing"], batch["total"]) == (5, 5), batch
    assert batch["counts"]["succeeded"] == 5 or {"unique", "debounce"} & options.keys()
