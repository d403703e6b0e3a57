"""Operators see and change all lists of a queue."""

from celeriac.ledger.for_operators import Queue
from celeriac.ledger.store import keys
from tests.ledger.apps.place import QUEUE, Place

STEPS = (QUEUE, "default\x06\x163", "default\x06\x169")


def queue_of(place: Place) -> Queue:
    """What is said of the queue."""
    (queue,) = place.operate(lambda overview: overview.queues())
    assert isinstance(queue, Queue)
    return queue


def test_a_queue_has_what_waits_in_all_its_lists(place: Place) -> None:
    for name in STEPS:
        place.publish(list=name)
    place.accept(app="shop")
    queue = queue_of(place)
    assert (queue.name, queue.depth) == (QUEUE, 4)
    assert queue.oldest_wait_seconds > 0


def test_a_paused_queue_gives_out_no_message_of_any_list(place: Place) -> None:
    place.publish(list=STEPS[1])
    place.operate(lambda overview: overview.pause(QUEUE))
    for name in STEPS:
        place.publish(list=name)
    assert [place.waiting(name) for name in STEPS] == [[], [], []]
    task_id = place.accept(app="shop")
    assert place.consumer.take_unsent("shop", seconds=0.1) is not None
    place.publish(task_id, attaches=True)
    place.operate(lambda overview: overview.resume(QUEUE))
    assert [len(place.waiting(name)) for name in STEPS] == [2, 2, 1]
    assert place.waiting(STEPS[1])[0].number == 1


def test_a_purge_ends_what_waits_in_all_lists(place: Place) -> None:
    ids = [place.publish(list=name)[0] for name in STEPS]
    ids.append(place.accept(app="shop"))
    assert place.operate(lambda overview: overview.purge(QUEUE)) == 4
    assert {place.state(task_id) for task_id in ids} == {"cancelled"}
    assert list(place.redis.scan_iter(keys.waiting("*"))) == []
