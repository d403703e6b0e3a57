"""Processes with and without our line serve one app, side by side."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from celeriac.ledger.store import keys
from lab.harness.servers import running_api
from lab.harness.waiting import wait_until
from tests.existing_app.publishing.test_unsent import accept
from tests.existing_app.running.place import SHOP, SOON, Place


@pytest.fixture(scope="module")
def place(new_database: Callable[[], str], directory: Path) -> Iterator[Place]:
    """A producer with our line, and an API, which keeps the ledger."""
    place = Place(new_database(), directory)
    settings: dict[str, Any] = {"redis_url": place.url, **SOON}
    with running_api(directory, **settings):
        yield place


def test_what_is_in_flight_ends_after_the_line_was_taken_out(place: Place) -> None:
    ids = [place.send("add", number, 1) for number in range(5)]
    later, failing = place.send("add", 5, 1, countdown=1), place.send("fail", "no")
    with place.worker(plugged=False):
        assert [place.ended(task)["state"] for task in (*ids, later)] == ["succeeded"] * 6
        assert place.ended(failing)["state"] == "failed"
        assert [place.app.AsyncResult(task).get(timeout=5) for task in ids] == [1, 2, 3, 4, 5]
        wait_until(lambda: not place.left(), what="nothing left")


def test_a_stock_worker_leaves_what_only_the_app_can_send_queued(place: Place) -> None:
    task = accept(place.url, f"{SHOP}.add", {"x": 1, "y": 2})
    with place.worker(plugged=False):
        assert place.ended(place.send("add", 1, 1))["state"] == "succeeded"
        assert place.state(task) == "queued"
    with place.worker():
        assert place.ended(task)["state"] == "succeeded"
        assert place.app.AsyncResult(task).get(timeout=5) == 3
        wait_until(lambda: not place.left(), what="nothing left")


def test_a_worker_with_the_line_runs_what_a_stock_producer_sends(place: Place, directory: Path) -> None:
    stock = Place(place.url, directory, plugged=False)
    ids = [stock.send("add", number, 1) for number in range(5)]
    with place.worker() as worker:
        assert "celeriac keeps a record of each task of " in worker.log
        assert [stock.app.AsyncResult(task).get(timeout=30) for task in ids] == [1, 2, 3, 4, 5]
        assert {place.ended(task)["state"] for task in ids} == {"succeeded"}
        wait_until(lambda: not place.left(), what="nothing left")


def test_a_worker_that_dies_with_a_task_in_its_hands_leaves_it_to_another(place: Place) -> None:
    task = accept(place.url, f"{SHOP}.add", {"x": 1, "y": 2})
    assert place.redis.rpop(keys.unsent("shop"))  # by a worker that is gone now
    with place.worker():
        assert place.ended(task)["state"] == "succeeded"
