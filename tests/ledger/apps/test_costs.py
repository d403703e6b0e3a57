"""How many commands Redis carries out for the steps of an existing app."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from celeriac.ledger.for_apps import HELD_AT_ONCE
from celeriac.stack.valkey import Valkey
from tests.ledger.apps.place import Place

# The call itself is one.
MOST_OF_A_PUBLISH, MOST_OF_A_CLAIM, MOST_OF_AN_END, MOST_OF_A_RETRY = 20, 16, 20, 30


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A ledger on a server on which nothing else happens."""
    with Valkey(tmp_path / "valkey", options={"appendonly": "no"}) as server:
        place = Place(backend=server.url, broker=server.url, rescue_grace=timedelta(microseconds=1))
        place.publish()
        place.consumer.adopt(place.publication())
        place.consumer.hold(["unknown"])
        place.end(place.begin())
        yield place
        place.close()


def count(place: Place, act: Callable[[], Any]) -> int:
    """How many commands Redis carries out meanwhile."""

    def commands() -> int:
        statistics: dict[str, Any] = place.redis.info("commandstats")
        return sum(each["calls"] for name, each in statistics.items() if name != "cmdstat_info")

    before = commands()
    act()
    return commands() - before


def test_the_steps_of_a_task_take_a_few_commands(place: Place) -> None:
    task_id = place.publication().task_id
    assert count(place, lambda: place.publish(task_id)) <= MOST_OF_A_PUBLISH
    message = place.take()
    runs: list[Any] = []
    assert count(place, lambda: runs.append(place.claim(message))) <= MOST_OF_A_CLAIM
    assert count(place, lambda: place.publish(task_id)) <= MOST_OF_A_PUBLISH
    assert count(place, lambda: place.retry(runs[0])) <= MOST_OF_A_RETRY
    run = place.begin()
    assert count(place, lambda: place.end(run)) <= MOST_OF_AN_END


def test_to_hold_many_messages_takes_two_commands_for_each(place: Place) -> None:
    ids = [place.publish()[0] for _ in range(HELD_AT_ONCE)]
    place.consumer.hold(ids)
    assert count(place, lambda: place.consumer.hold(ids)) <= 2 * HELD_AT_ONCE + 10


def test_what_follows_a_task_costs_its_end_nothing_more(place: Place) -> None:
    task_id, _ = place.publish()
    run = place.begin()
    for _ in range(200):
        place.publish(task_id)
    assert count(place, lambda: place.end(run)) <= MOST_OF_AN_END + MOST_OF_A_RETRY
    assert count(place, lambda: place.cancel(task_id)) <= 2 * MOST_OF_A_RETRY
