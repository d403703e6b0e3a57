"""Rates, unfinished tasks and full queues are judged in the step that accepts."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from redis import Redis

from celeriac.ledger.for_workers import Claim, Consumer
from celeriac.ledger.keeping.keeper import Keeper
from celeriac.ledger.ledger import Ledger
from celeriac.ledger.model.states import State
from celeriac.ledger.model.submission import Accepted, Options, Submission
from celeriac.ledger.model.submitter import Allowance, LimitExceeded, QueueFull, Submitter
from celeriac.ledger.store import keys
from celeriac.settings import Settings
from lab.bench.stores import store

TTL = timedelta(minutes=1)
DOCUMENT = b'{"status": "SUCCESS", "result": 9}'
# A rate at which nothing is let in again while a test runs.
HARDLY = 1e-4
Answer = Accepted | Exception


class Place:
    """A ledger, and a loop in which it is asked."""

    def __init__(self, url: str, runner: asyncio.Runner, **settings: Any) -> None:
        """Nothing is sent yet."""
        self.ledger = Ledger(backend=url, broker=url, result_ttl=TTL, tombstone_ttl=TTL, **settings)
        self.consumer, self.keeper = Consumer(Settings(redis_url=url)), Keeper(Settings(redis_url=url))
        self._runner = runner

    def accept(self, *submissions: Submission) -> list[Answer]:
        """The answers to submissions that come at once."""

        async def accepting() -> list[Any]:
            return await asyncio.gather(*map(self.ledger.accept, submissions), return_exceptions=True)

        return self._runner.run(accepting())

    def end(self, task_id: str) -> None:
        """Run a task to its end."""
        self.consumer.claim(Claim(task_id, task_id, "ada", DOCUMENT))
        self.consumer.end(task_id, token=task_id, state=State.SUCCEEDED, failure=None, document=DOCUMENT)

    def sweep(self) -> None:
        """A keeper comes round."""
        self._runner.run(self.keeper.go_round(sweep=True))

    async def close(self) -> None:
        """Let go of the connections."""
        await self.ledger.close()
        await self.keeper.close()


def submitter(
    *,
    key: str = "ci",
    owner: str = "acme",
    of_key: Allowance | None = None,
    of_owner: Allowance | None = None,
) -> Submitter:
    """A caller that is limited so."""
    return Submitter(owner, key, of_key or Allowance(), of_owner or Allowance())


def some(caller: Submitter | None, count: int = 1, **options: Any) -> list[Submission]:
    """So many submissions."""
    encoded = Options(**options).encode() if options else ""
    return [
        Submission(str(uuid4()), "add", store.QUEUE, store.ENVELOPE, store.INPUT, encoded, caller)
        for _ in range(count)
    ]


def refusals(answers: Sequence[Answer]) -> dict[str, int]:
    """How many were refused by each limit."""
    return dict(Counter(answer.limit for answer in answers if isinstance(answer, LimitExceeded)))


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    """A loop."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def place(own_url: str, runner: asyncio.Runner) -> Iterator[Place]:
    """A ledger on a database of its own."""
    place = Place(own_url, runner)
    yield place
    runner.run(place.close())


def test_each_submission_over_the_rate_is_refused_by_itself_and_says_when_to_come_again(place: Place) -> None:
    slow = submitter(of_key=Allowance(rate=HARDLY, burst=3))
    answers = place.accept(*some(slow, 5), *some(submitter(key="other")), *some(None))
    assert [type(answer) for answer in answers] == [Accepted] * 3 + [LimitExceeded] * 2 + [Accepted] * 2
    refused = answers[3]
    assert isinstance(refused, LimitExceeded)
    assert (refused.limit, refused.allowance.policy) == ("key-rate", (1, 10_000))
    assert 9_900 < refused.wait_seconds <= 10_000


def test_the_rate_of_an_owner_is_shared_by_its_keys_and_by_nobody_else(place: Place) -> None:
    allowance = Allowance(rate=HARDLY, burst=3)
    callers = [submitter(key=key, of_owner=allowance) for key in ("one", "two")]
    answers = place.accept(*some(callers[0], 2), *some(callers[1], 2))
    assert refusals(answers) == {"owner-rate": 1}
    assert refusals(place.accept(*some(submitter(owner="umbrella", of_owner=allowance)))) == {}


def test_as_many_as_the_burst_come_at_once_and_then_as_many_as_the_rate_lets_in(
    place: Place, own_redis: Redis
) -> None:
    brisk = submitter(of_key=Allowance(rate=50, burst=4))
    accepted: list[int] = []
    begun = _now(own_redis)
    while _now(own_redis) - begun < 1_000_000:
        accepted += [one.created_at for one in place.accept(*some(brisk, 10)) if isinstance(one, Accepted)]
    lasted = (_now(own_redis) - begun) / 1e6
    # What is let in is counted by the clock of Redis, however seldom it is asked.
    assert len(accepted) <= 4 + 50 * lasted + 1
    for place_in_order, created in enumerate(accepted[4:]):
        assert created - accepted[place_in_order] >= 4 / 50 * 1e6 - 60_000


def test_a_refused_submission_uses_nothing_up(place: Place, own_redis: Redis) -> None:
    slow = submitter(of_key=Allowance(rate=HARDLY, burst=1))
    place.accept(*some(slow))
    until = own_redis.get(keys.rate("ci", "acme"))
    assert refusals(place.accept(*some(slow, 50))) == {"key-rate": 50}
    assert own_redis.get(keys.rate("ci", "acme")) == until
    assert own_redis.ttl(keys.rate("ci", "acme")) > 0


def test_a_clock_that_was_set_back_refuses_for_no_longer_than_a_full_burst(
    place: Place, own_redis: Redis
) -> None:
    caller = submitter(of_key=Allowance(rate=1, burst=10))
    own_redis.set(keys.rate("ci", "acme"), _now(own_redis) + 10**12, px=10**6)
    (refused,) = place.accept(*some(caller))
    assert isinstance(refused, LimitExceeded)
    assert refused.wait_seconds <= 1


def test_the_same_submission_again_is_answered_over_every_limit(place: Place) -> None:
    narrow = Allowance(rate=HARDLY, burst=1, unfinished=1)
    one = some(submitter(of_key=narrow), fingerprint="f", key="digest")
    first, again = place.accept(*one, *one)
    assert isinstance(first, Accepted)
    assert isinstance(again, Accepted)
    assert again.replayed
    assert refusals(place.accept(*some(submitter(of_key=narrow)))) == {"key-unfinished": 1}


def test_an_owner_has_so_many_unfinished_tasks_and_each_that_ends_makes_room(
    place: Place, own_redis: Redis
) -> None:
    caller = submitter(of_key=Allowance(unfinished=3), of_owner=Allowance(unfinished=4))
    other = submitter(key="other", of_owner=Allowance(unfinished=4))
    first, *_ = answers = place.accept(*some(caller, 4))
    assert refusals(answers) == {"key-unfinished": 1}
    assert refusals(place.accept(*some(other, 2))) == {"owner-unfinished": 1}
    assert own_redis.hgetall(keys.unfinished()) == {b"ci:acme": b"3", b"other:acme": b"1", b":acme": b"4"}
    assert isinstance(first, Accepted)
    place.end(first.task_id)
    assert refusals(place.accept(*some(other, 2))) == {"owner-unfinished": 1}


def test_what_is_delayed_counts_and_what_is_cancelled_does_not(
    place: Place, own_redis: Redis, runner: Any
) -> None:
    caller = submitter(of_key=Allowance(unfinished=1))
    (delayed,) = place.accept(*some(caller, delay=timedelta(hours=1)))
    assert isinstance(delayed, Accepted)
    assert refusals(place.accept(*some(caller))) == {"key-unfinished": 1}
    runner.run(place.ledger.cancel(delayed.task_id, owner="acme", terminate=False))
    assert not own_redis.exists(keys.unfinished())
    assert refusals(place.accept(*some(caller))) == {}


@pytest.mark.parametrize("wrong", [0, 1, 9])
def test_the_keeper_corrects_a_count_that_is_wrong(wrong: int, place: Place, own_redis: Redis) -> None:
    place.accept(*some(submitter(), 2), *some(submitter(key="other")))
    right = own_redis.hgetall(keys.unfinished())
    own_redis.hset(keys.unfinished(), ":acme", wrong)
    own_redis.hset(keys.unfinished(), "gone:acme", 7)
    place.sweep()
    assert own_redis.hgetall(keys.unfinished()) == right


def test_a_record_that_another_program_has_deleted_is_counted_no_more(place: Place, own_redis: Redis) -> None:
    gone, stays = some(submitter(), 2)
    place.accept(gone, stays)
    own_redis.delete(keys.record(gone.task_id))
    place.sweep()
    assert own_redis.hgetall(keys.unfinished()) == {b"ci:acme": b"1", b":acme": b"1"}
    assert own_redis.zrange(keys.tasks(), 0, -1) == [stays.task_id.encode()]


def test_a_queue_takes_no_more_than_may_wait_in_it(own_url: str, runner: asyncio.Runner) -> None:
    place = Place(own_url, runner, max_queue_depth=3)
    delayed = some(None, delay=timedelta(hours=1))
    answers = place.accept(*some(None, 2), *delayed, *some(None, 3))
    assert [type(answer) for answer in answers] == [Accepted] * 4 + [QueueFull] * 2
    full = answers[-1]
    assert isinstance(full, QueueFull)
    assert (full.queue, full.wait_seconds) == (store.QUEUE, 3600)
    first = answers[0]
    assert isinstance(first, Accepted)
    place.end(first.task_id)
    assert [type(answer) for answer in place.accept(*some(None, 2))] == [Accepted, QueueFull]
    (full,) = place.accept(*some(None))
    assert isinstance(full, QueueFull)
    assert 50 < full.wait_seconds <= 70  # one has left it in the last minute
    runner.run(place.close())


def test_what_cannot_be_written_whole_counts_nothing(place: Place, own_redis: Redis) -> None:
    own_redis.set(keys.totals(), "somebody else's")
    caller = submitter(of_key=Allowance(rate=HARDLY, burst=1, unfinished=1))
    (failed,) = place.accept(*some(caller))
    assert isinstance(failed, Exception)
    assert not own_redis.exists(keys.unfinished(), keys.rate("ci", "acme"))
    own_redis.delete(keys.totals())
    assert isinstance(place.accept(*some(caller))[0], Accepted)


def _now(redis: Redis) -> int:
    seconds, micros = redis.time()
    return int(seconds) * 1_000_000 + int(micros)
