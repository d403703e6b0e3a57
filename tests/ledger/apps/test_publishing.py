"""What Celery publishes is recorded and pushed in one step, and never lost."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from redis.exceptions import ConnectionError as Away

from celeriac.ledger.for_apps import Published
from celeriac.ledger.model.states import State
from celeriac.ledger.store import keys
from tests.ledger.apps.place import NAME, QUEUE, SUCCESS, Place, Run

STEP = "default\x06\x163"


def test_a_publish_is_a_record_and_the_message_as_kombu_wrote_it(place: Place) -> None:
    publication = place.publication(parent_id="a", root_id="b", trace_id="c")
    assert place.publisher.publish(publication) is Published.NEW
    (message,) = place.waiting()
    record = place.record(message.task_id)
    assert message.raw == b'{"stamp": %d, %b' % (message.stamp or 0, str(publication.payload)[1:].encode())
    assert {
        "name": NAME,
        "queue": QUEUE,
        "list": QUEUE,
        "state": "queued",
        "attempt": "0",
    }.items() <= record.items()
    assert [record[field] for field in ("parent_id", "root_id", "trace_id")] == ["a", "b", "c"]


def test_the_channel_of_the_publisher_is_used(place: Place) -> None:
    publication = place.publication()
    assert place.publisher.publish(publication, channel=place.broker) is Published.NEW
    assert place.publisher.publish(publication, channel=place.broker) is Published.REPLAYED


@pytest.mark.parametrize("until", ["queued", "running", "ended"])
def test_a_publish_whose_answer_was_lost_is_there_once(place: Place, until: str) -> None:
    publication = place.publication()
    place.publisher.publish(publication)
    if until != "queued":
        run = place.begin()
        if until == "ended":
            assert place.end(run)
    assert place.publisher.publish(publication) is Published.REPLAYED
    # With two servers, the first push may be missing: another one is made, of which a claim is refused.
    claims = [place.claim(message) for message in place.waiting()]
    assert sum(isinstance(claim, Run) for claim in claims) == (until == "queued")


def test_what_is_due_later_is_scheduled_and_no_worker_has_it(place: Place) -> None:
    task_id, published = place.publish(due=timedelta(hours=1))
    assert (published, place.state(task_id), place.waiting()) == (Published.NEW, "scheduled", [])
    soon, _ = place.publish(due=timedelta(milliseconds=1))
    past, _ = place.publish(due=timedelta(hours=-1))
    assert [message.task_id for message in place.waiting()] == [past]
    while place.state(soon) == "scheduled":
        place.keep()
    assert [message.task_id for message in place.waiting()] == [past, soon]


def test_what_must_have_started_by_a_time_expires(place: Place) -> None:
    task_id, _ = place.publish(start_within=timedelta(milliseconds=1))
    while place.state(task_id) == "queued":
        place.keep()
    assert (place.state(task_id), place.indexed(task_id)) == ("expired", set())


def test_a_publish_for_a_task_that_runs_follows_when_its_run_has_ended(place: Place) -> None:
    task_id, _ = place.publish()
    run = place.begin()
    assert place.publish(task_id)[1] is Published.NEXT
    assert place.publish(task_id, list=STEP)[1] is Published.NEXT
    assert place.waiting() == []
    assert place.end(run)
    assert place.state(task_id) == "queued"
    second = place.begin()
    assert (place.waiting(), place.waiting(STEP)) == ([], [])
    assert place.end(second, State.FAILED)
    third = place.begin(STEP)
    assert place.end(third)
    assert (place.state(task_id), place.record(task_id)["attempt"]) == ("succeeded", "3")
    assert (place.indexed(task_id), place.redis.exists(keys.following(task_id))) == (set(), 0)


def test_another_publish_for_a_queued_task_runs_after_the_first(place: Place) -> None:
    task_id, _ = place.publish()
    assert place.publish(task_id)[1] is Published.NEXT
    first = place.take()
    run = place.claim(first)
    assert isinstance(run, tuple)
    assert place.end(run)
    assert place.take().number == first.number + 1


def test_a_retry_goes_on_with_the_message_that_was_published_for_it(place: Place) -> None:
    task_id, _ = place.publish()
    run = place.begin()
    other, _ = place.publish()
    assert place.publish(task_id)[1] is Published.NEXT
    assert place.retry(run)
    assert place.state(task_id) == "retrying"
    assert [message.task_id for message in place.waiting()] == [other, task_id]
    place.begin()
    assert place.end(place.begin())
    assert (place.state(task_id), place.record(task_id)["attempt"]) == ("succeeded", "2")


def test_a_retry_that_is_due_later_waits_for_its_time(place: Place) -> None:
    task_id, _ = place.publish()
    message = place.take()
    run = place.claim(message)
    assert isinstance(run, tuple)
    place.publish(task_id, due=timedelta(hours=1))
    assert place.retry(run)
    assert (place.waiting(), place.indexed(task_id)) == ([], {keys.due()})
    assert place.claim(message) is State.RETRYING


def test_an_old_message_does_not_take_the_run_of_a_later_one(place: Place) -> None:
    task_id, _ = place.publish()
    old = place.take()
    run = place.claim(old)
    assert isinstance(run, tuple)
    assert place.end(run)
    assert place.publish(task_id)[1] is Published.REOPENED
    assert place.claim(old) is State.QUEUED
    assert place.end(place.begin())


def test_an_ended_task_is_opened_again_with_its_history(place: Place) -> None:
    task_id, _ = place.publish()
    assert place.end(place.begin(), State.FAILED)
    assert place.publish(task_id, name="shop.tasks.refund")[1] is Published.REOPENED
    record = place.record(task_id)
    assert (record["state"], record["attempt"], record["name"]) == ("queued", "1", "shop.tasks.refund")
    assert {"ended_at", "expires_at", "error"}.isdisjoint(record)
    assert place.redis.ttl(keys.record(task_id)) == -1
    assert place.redis.zscore(keys.ended(), task_id) is None
    assert place.end(place.begin())
    events: Any = place.redis.xrange(keys.events(task_id))
    states = [entry[b"state"] for _, entry in events]
    assert states == [b"running", b"failed", b"queued", b"running", b"succeeded"]


def test_a_cancelled_task_takes_its_followers_along(place: Place) -> None:
    task_id, _ = place.publish()
    place.publish(task_id)
    place.cancel(task_id)
    assert (place.state(task_id), place.indexed(task_id)) == ("cancelled", set())
    assert not place.redis.exists(keys.following(task_id))
    assert place.claim(place.take()) is State.CANCELLED


def test_a_run_that_is_to_end_does_not_retry(place: Place) -> None:
    task_id, _ = place.publish()
    run = place.begin()
    place.cancel(task_id)
    place.publish(task_id)
    assert not place.retry(run)
    assert (place.state(task_id), place.waiting()) == ("cancelled", [])


def test_what_acknowledges_early_runs_at_most_once(place: Place) -> None:
    early, _ = place.publish()
    late, _ = place.publish()
    for most in (1, None):
        run = place.begin(most=most)
        place.consumer.lose(run.task_id, token=run.token, reason="it is gone")
    assert (place.state(early), place.state(late)) == ("failed", "queued")


def test_a_name_that_ends_in_between_is_listed_once(place: Place) -> None:
    task_id, _ = place.publish()
    run = place.begin()
    place.publish(task_id, name="shop.tasks.refund")
    assert place.ignore(run)
    listed = [key for key in place.redis.scan_iter("celeriac:tasks:*") if place.redis.zscore(key, task_id)]
    assert listed == [b"celeriac:tasks:retrying:shop.tasks.refund"]


def test_where_redis_is_away_the_error_is_that_of_its_client() -> None:
    place = Place(backend="redis://127.0.0.1:1/0", broker="redis://127.0.0.1:1/0")
    with pytest.raises(Away):
        place.publish()


def test_a_result_that_a_stock_worker_left_ends_the_task_before_it_is_opened_again(place: Place) -> None:
    task_id = str(uuid4())
    place.publish(task_id)
    place.take()
    place.redis.set(keys.result(task_id), SUCCESS)
    assert place.publish(task_id)[1] is Published.REOPENED
    assert not place.redis.exists(keys.result(task_id))
    assert place.end(place.begin())
