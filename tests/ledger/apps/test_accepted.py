"""What the API accepts for an existing app waits for its workers, or a message."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from celeriac.ledger.for_apps import Published
from celeriac.ledger.model.states import State
from celeriac.ledger.model.task import Failure
from celeriac.ledger.model.trace import Trace
from celeriac.ledger.store import keys
from tests.ledger.apps.place import NAME, QUEUE, Place

APP = "shop"
LIST = keys.unsent(APP)
INDEX = keys.waiting(f"{LIST}\x06{QUEUE}")
TRACE = Trace(f"00-{'a' * 32}-{'b' * 16}-01")


@pytest.fixture
def place(own_places: dict[str, str]) -> Iterator[Place]:
    """A ledger that takes a message for lost at once."""
    place = Place(**own_places, rescue_grace=timedelta(microseconds=1))
    yield place
    place.close()


def sweep(place: Place) -> None:
    """Two rounds: what was popped, and whether that is still so."""
    place.keep(sweep=True)
    place.keep(sweep=True)


def test_a_worker_of_the_app_gets_what_it_needs_for_the_message(place: Place) -> None:
    task_id = place.accept(app=APP, trace=TRACE, start_within=timedelta(hours=1))
    assert (place.state(task_id), place.waiting()) == ("queued", [])
    unsent = place.consumer.take_unsent(APP, seconds=0.1)
    assert unsent is not None
    assert (unsent.task_id, unsent.name, unsent.input) == (task_id, NAME, b'{"x": 1, "y": 1}')
    assert unsent.headers == {"traceparent": TRACE.traceparent}
    assert (unsent.expires or "").startswith("20")
    assert place.consumer.take_unsent(APP, seconds=0.01) is None


def test_the_message_is_attached_and_pushed_once(place: Place) -> None:
    task_id = place.accept(app=APP)
    place.consumer.take_unsent(APP, seconds=0.1)
    assert place.publish(task_id, attaches=True, list="default\x06\x163")[1] is Published.ATTACHED
    assert place.publish(task_id, attaches=True)[1] is Published.REPLAYED
    assert place.indexed(task_id) == {keys.waiting("default\x06\x163")}
    assert place.end(place.begin("default\x06\x163"))
    assert (place.state(task_id), place.record(task_id)["input"]) == ("succeeded", "eyJ4IjogMSwgInkiOiAxfSAg")
    assert place.publish("unknown", attaches=True)[1] is Published.REPLAYED


def test_what_a_worker_took_and_made_no_message_for_comes_again(place: Place) -> None:
    task_id = place.accept(app=APP)
    place.consumer.take_unsent(APP, seconds=0.1)
    assert place.indexed(task_id) == {INDEX}
    sweep(place)
    again = place.consumer.take_unsent(APP, seconds=0.1)
    assert again is not None
    assert again.task_id == task_id
    assert place.publish(task_id, attaches=True)[1] is Published.ATTACHED
    assert place.indexed(task_id) == {keys.waiting(QUEUE)}


def test_a_message_that_cannot_be_made_ends_the_task(place: Place) -> None:
    task_id, other = place.accept(app=APP), place.accept(app=APP)
    failed: dict[str, Any] = {"state": State.FAILED, "failure": Failure("E", "no"), "document": b"{}"}
    assert place.consumer.drop(task_id, unsent=True, **failed)
    assert place.state(task_id) == "failed"
    place.publish(other, attaches=True)
    assert not place.consumer.drop(other, unsent=True, **failed)


def test_a_delay_of_the_api_counts_before_the_message_is_made(place: Place) -> None:
    task_id = place.accept(app=APP, delay=timedelta(hours=1))
    assert place.state(task_id) == "scheduled"
    assert place.consumer.take_unsent(APP, seconds=0.01) is None
    place.redis.zadd(keys.due(), {task_id: 1})
    place.keep()
    assert place.consumer.take_unsent(APP, seconds=0.1) is not None
    assert place.publish(task_id, attaches=True, due=timedelta(hours=1))[1] is Published.ATTACHED
    assert (place.state(task_id), place.indexed(task_id)) == ("scheduled", {keys.due()})


def test_what_waits_for_its_message_can_be_cancelled(place: Place) -> None:
    task_id = place.accept(app=APP)
    place.cancel(task_id)
    assert (place.state(task_id), place.indexed(task_id)) == ("cancelled", set())
    assert place.publish(task_id, attaches=True)[1] is Published.REPLAYED
    assert place.waiting() == []


def test_a_task_with_a_template_waits_in_the_list_of_the_app(place: Place) -> None:
    task_id = place.accept(list="default\x06\x163")
    assert place.indexed(task_id) == {keys.waiting("default\x06\x163")}
    (raw,) = place.broker.lrange("default\x06\x163", 0, -1)
    assert task_id.encode() in raw
    place.redis.hset(keys.serving(), QUEUE, 10**18)
    place.broker.delete("default\x06\x163")
    sweep(place)
    assert place.broker.llen("default\x06\x163") == 1
