"""What a worker of an existing app has received and not begun is not lost."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest

from celeriac.ledger.for_apps import Published
from celeriac.ledger.model.states import State
from celeriac.ledger.store import keys
from tests.ledger.apps.place import QUEUE, RETRY, REVOKED, SUCCESS, Message, Place, payload

SHORT = timedelta(microseconds=1)
FRESH_MICROSECONDS = 5_000_000


@pytest.fixture
def place(own_places: dict[str, str]) -> Iterator[Place]:
    """A ledger that takes a message for lost at once when it is not held."""
    place = Place(**own_places, rescue_grace=SHORT)
    place.redis.hset(keys.serving(), QUEUE, 10**18)
    yield place
    place.close()


def sweep(place: Place) -> None:
    """Two rounds: what was popped, and whether that is still so."""
    place.keep(sweep=True)
    place.keep(sweep=True)


def let_pass(place: Place, task_id: str) -> None:
    """The worker has not named what it holds for longer than that counts."""
    place.redis.hincrby(keys.record(task_id), "taken", -FRESH_MICROSECONDS)


def stock(place: Place, task_id: str | None = None) -> Message:
    """A worker receives a message of a publisher without the plug-in."""
    publication = place.publication(task_id)
    return Message(publication.task_id, None, 0, str(publication.payload).encode())


def test_an_adopted_message_is_a_record_and_pushed_nowhere(place: Place) -> None:
    publication = place.publication()
    assert place.consumer.adopt(publication).published is Published.NEW
    assert (place.state(publication.task_id), place.waiting()) == ("queued", [])
    assert place.consumer.adopt(publication).published is Published.REPLAYED
    run = place.claim(Message(publication.task_id, None, 0, b""))
    assert isinstance(run, tuple)
    assert place.end(run)


def test_an_adopted_message_for_a_task_that_runs_follows_it(place: Place) -> None:
    task_id, _ = place.publish()
    run = place.begin()
    assert place.consumer.adopt(place.publication(task_id)).published is Published.NEXT
    assert place.retry(run)
    assert place.end(place.begin())
    assert place.state(task_id) == "succeeded"


def test_an_adopted_message_that_is_due_later_is_with_its_worker(place: Place) -> None:
    publication = place.publication(due=timedelta(hours=1))
    place.consumer.adopt(publication)
    task_id = publication.task_id
    assert place.state(task_id) == "scheduled"
    place.consumer.hold([task_id])
    sweep(place)
    assert place.indexed(task_id) == {keys.waiting(QUEUE)}
    let_pass(place, task_id)
    sweep(place)
    assert (place.indexed(task_id), place.waiting()) == ({keys.due()}, [])
    other = place.publication(due=timedelta(hours=1))
    place.consumer.adopt(other)
    assert isinstance(place.claim(Message(other.task_id, None, 0, b"")), tuple)


def test_what_is_held_is_not_lost_and_what_is_held_no_more_is(place: Place) -> None:
    task_id, _ = place.publish()
    place.take()
    place.consumer.hold([task_id])
    sweep(place)
    assert place.waiting() == []
    assert "returned" not in place.record(task_id)
    let_pass(place, task_id)
    sweep(place)
    assert [message.task_id for message in place.waiting()] == [task_id]
    assert "taken" not in place.record(task_id)


def test_what_was_taken_and_never_named_is_lost(place: Place) -> None:
    task_id, _ = place.publish(list="default\x06\x163")
    place.take("default\x06\x163")
    sweep(place)
    assert [message.task_id for message in place.waiting("default\x06\x163")] == [task_id]


@pytest.mark.parametrize("prefix", ["", "shop_"])
def test_what_a_stock_worker_has_not_acknowledged_is_not_lost(place: Place, prefix: str) -> None:
    name = prefix + QUEUE
    task_id, _ = place.publish(list=name)
    other = str(uuid4())
    again, _ = place.publish(other, list=name, payload=payload(other, 9, tag="tag-9"))
    place.broker.delete(name)
    place.broker.hset(f"{prefix}unacked", mapping={task_id: "x", "tag-9": "x"})
    sweep(place)
    assert place.broker.exists(name) == 0
    assert place.record(again).get("returned", "0") == "0"
    place.broker.delete(f"{prefix}unacked")
    sweep(place)
    assert place.broker.llen(name) == 2
    assert place.indexed(again) == {keys.waiting(name)}


def test_a_held_message_is_returned_before_all_others(place: Place) -> None:
    first, _ = place.publish()
    second, _ = place.publish()
    third, _ = place.publish()
    later = place.publication(due=timedelta(hours=1))
    place.consumer.adopt(later)
    for _ in range(2):
        place.take()
    place.consumer.hold([first, second, later.task_id])
    place.consumer.return_held([first, second, later.task_id, third])
    assert [message.task_id for message in place.waiting()] == [first, second, third]
    assert place.indexed(later.task_id) == {keys.due()}
    place.end(place.begin())
    assert place.state(first) == "succeeded"


def test_what_a_worker_has_dropped_ends_unless_it_has_another_message(place: Place) -> None:
    task_id, _ = place.publish()
    old = place.take()
    assert place.consumer.drop(
        task_id, state=State.CANCELLED, failure=None, document=REVOKED, stamp=old.stamp
    )
    assert (place.state(task_id), place.indexed(task_id)) == ("cancelled", set())
    assert place.publish(task_id)[1] is Published.REOPENED
    assert not place.consumer.drop(
        task_id, state=State.EXPIRED, failure=None, document=REVOKED, stamp=old.stamp
    )
    assert place.state(task_id) == "queued"
    run = place.begin()
    assert not place.consumer.drop(task_id, state=State.CANCELLED, failure=None, document=REVOKED)
    assert place.end(run)


def test_a_retry_of_a_stock_worker_goes_on(place: Place) -> None:
    task_id, _ = place.publish()
    place.take()
    assert (
        place.consumer.adopt(place.publication(task_id)).published is Published.NEXT
    )  # its RETRY is not stored yet
    place.redis.set(keys.result(task_id), RETRY)
    sweep(place)
    assert [message.number for message in place.waiting()] == [2]
    place.take()
    third = place.publication(task_id)
    assert place.consumer.adopt(third).published is Published.ATTACHED
    run = place.claim(Message(task_id, None, 3, b""))
    assert isinstance(run, tuple)
    assert place.end(run)


@pytest.mark.parametrize("way", ["nothing", "stored", "published", "replaced"])
def test_a_run_that_is_ignored_ends_as_its_body_says(place: Place, way: str) -> None:
    task_id, _ = place.publish()
    run = place.begin()
    if way == "stored":
        place.redis.set(keys.result(task_id), b'{"status": "FAILURE", "result": null}')
    if way == "published":
        place.publish(task_id, name="shop.tasks.other")
    assert place.ignore(run, replaced=way in ("published", "replaced"))
    expected = {"nothing": "succeeded", "stored": "failed", "published": "retrying", "replaced": "retrying"}
    assert place.state(task_id) == expected[way]
    assert place.ignore(run)  # a lost reply
    if way == "replaced":
        assert (place.waiting(), place.indexed(task_id)) == ([], {keys.due()})
        assert place.publish(task_id)[1] is Published.ATTACHED
    if place.state(task_id) == "retrying":
        assert place.end(place.begin())
    assert (place.state(task_id), place.indexed(task_id)) == (
        "failed" if way == "stored" else "succeeded",
        set(),
    )


def test_a_replaced_task_whose_chord_failed_ends_with_it(place: Place) -> None:
    task_id, _ = place.publish()
    place.ignore(place.begin(), replaced=True)
    place.redis.zadd(keys.due(), {task_id: 1})
    place.keep()
    assert (place.state(task_id), place.indexed(task_id)) == ("retrying", {keys.due()})
    place.redis.set(keys.result(task_id), b'{"status": "FAILURE", "result": null}')
    place.redis.zadd(keys.due(), {task_id: 1})
    place.keep()
    assert (place.state(task_id), place.indexed(task_id)) == ("failed", set())


def test_a_replaced_task_that_was_cancelled_does_not_go_on(place: Place) -> None:
    task_id, _ = place.publish()
    place.ignore(place.begin(), replaced=True)
    place.cancel(task_id)
    assert place.publish(task_id)[1] is Published.REPLAYED
    assert (place.state(task_id), place.waiting()) == ("cancelled", [])


def test_unknown_and_ended_tasks_are_held_by_nobody(place: Place) -> None:
    task_id, _ = place.publish()
    place.end(place.begin())
    place.consumer.hold([task_id, str(uuid4())])
    place.consumer.return_held([task_id, str(uuid4())])
    assert (place.indexed(task_id), place.waiting()) == (set(), [])
    assert place.redis.get(keys.result(task_id)) == SUCCESS
