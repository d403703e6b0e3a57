"""Batches through the client, sync and async."""

import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from celeriac import Step, Unique
from celeriac.client import errors
from lab.harness.servers import API
from tests.client.lossy import LossyProxy
from tests.client.sides import Side


def test_steps_and_mappings_are_a_batch_whose_results_come_in_order(ours: Any) -> None:
    first = Step("add", x=1, y=1, tags="t", expires=timedelta(hours=1))
    second = Step("add", x=first.reference(), y=1)
    named = {"as": "mine", "name": "add", "input": {"x": 5, "y": 5}}
    batch = ours.batch([first, second, Step("add", x=0, y=0, after=second), named], label="sums")
    assert batch.wait(timeout=60).successful
    assert (batch.document["label"], batch.document["counts"]["succeeded"]) == ("sums", 4)
    results = list(batch.results())
    assert [(each.number, each.result) for each in results] == [(0, 2), (1, 3), (2, 0), (3, 10)]
    assert results[3].name == "mine"
    assert results[3].succeeded
    assert ours.get_batch(batch.id).refresh().document == batch.document
    assert next(iter(ours.batches())).id
    batch.forget()
    with pytest.raises(errors.BatchGone):
        ours.get_batch(batch.id)


def test_results_come_as_tasks_end_and_what_failed_runs_again(ours: Any, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    batch = ours.batch(
        [Step("hold", until=str(gate)), Step("fail", message="no\u2028"), Step("add", x=1, y=1)]
    )
    with pytest.raises(errors.TimedOut):
        batch.wait(timeout=0.2)
    with pytest.raises(errors.BatchNotEnded):
        batch.retry()
    results = batch.results(order="ends")
    assert {next(results).number, next(results).number} == {1, 2}
    gate.touch()
    assert [each.number for each in results] == [0]
    assert batch.ready
    assert not batch.successful
    again = batch.retry().wait(timeout=60)
    assert again != batch
    assert [each.error["message"] for each in again.results()] == ["no\u2028"]


def test_a_batch_is_cancelled(ours: Any) -> None:
    batch = ours.batch([{"name": "add", "input": {"x": 1, "y": 1}, "delay": 600}] * 3)
    assert batch.cancel().document["cancel_requested"]
    assert [each.state for each in batch.wait(timeout=60).results()] == ["cancelled"] * 3
    assert batch.cancel().ready
    ended = ours.batch([{"name": "add", "input": {"x": 1, "y": 1}}]).wait(timeout=60)
    with pytest.raises(errors.BatchEnded):
        ended.cancel()


def test_a_step_keeps_its_options(ours: Any) -> None:
    unique = Unique(key=uuid.uuid4().hex)
    batch = ours.batch([Step("add", x=1, y=number, delay=600, unique=unique) for number in range(2)])
    assert batch.document["existing"] == 1
    assert batch.document["counts"]["scheduled"] == 1
    batch.cancel()


def test_a_refused_item_says_which_and_the_mended_batch_goes_on(ours: Any) -> None:
    key, right = uuid.uuid4().hex, {"name": "add", "input": {"x": 1, "y": 1}}
    with pytest.raises(errors.InvalidInput) as refusal:
        ours.batch([right, {"name": "add", "input": {"x": "one", "y": 1}}], idempotency_key=key)
    assert (refusal.value.problem["line"], refusal.value.problem["accepted"]) == (2, 1)
    batch = ours.batch([right, right], idempotency_key=key)
    assert (batch.id, batch.document["total"]) == (refusal.value.problem["batch_id"], 2)
    with pytest.raises(errors.InputNotJSON):
        ours.batch([{"name": "add", "input": {"x": object()}}])


def test_each_item_is_accepted_once_where_answers_are_lost(side: Side, api: API) -> None:
    padding = [f"{number:050}" for number in range(10)]
    items = ({"name": "unserved", "input": {}, "tags": padding} for _ in range(2_500))
    with (
        LossyProxy(api.port, every=2) as proxy,
        side.client(f"http://127.0.0.1:{proxy.port}", timeout=60, away=60) as client,
    ):
        client.livez()
        batch = client.batch(items)
        assert (lost := proxy.lost)
        proxy.every = 5
        assert batch.document["total"] == 2_500
        assert [each.number for each in batch.results()] == list(range(2_500))
        assert proxy.lost > lost
        batch.cancel()
