"""A worker reserves what it runs, and a little more where tasks are short."""

from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from celery import current_app
from redis import Redis

from celeriac_worker.intake.prefetch import HORIZON_SECONDS, MEMORY_SECONDS, MOST, Ahead
from celeriac_worker.intake.transport import Reservation
from lab.harness.servers import running_worker
from tests.support.door import ended, submit


class Clock:
    """A clock that stands still until it is moved; in seconds."""

    time = 0.0

    def __call__(self) -> float:
        """Say the time."""
        return self.time


@pytest.fixture
def clock() -> Clock:
    """Time for what is tested here."""
    return Clock()


def ahead_at(rate: float, clock: Clock) -> Ahead:
    """A pool that has ended so many tasks a second, for a second."""
    ahead = Ahead(clock)
    for _ in range(int(rate)):
        clock.time += 1 / rate
        ahead.ended()
    return ahead


@pytest.mark.parametrize("rate", [500, 1000, 2000])
def test_of_short_tasks_it_takes_what_the_pool_gets_through_in_a_moment(rate: int, clock: Clock) -> None:
    assert ahead_at(rate, clock).messages() == pytest.approx(rate * HORIZON_SECONDS, rel=0.1, abs=1)


def test_of_long_tasks_it_takes_none_beforehand(clock: Clock) -> None:
    assert ahead_at(20, clock).messages() == 0


def test_it_never_takes_more_than_the_most(clock: Clock) -> None:
    assert ahead_at(100_000, clock).messages() == MOST


def test_a_pause_lets_it_fall_back(clock: Clock) -> None:
    ahead = ahead_at(2000, clock)
    clock.time += 10 * MEMORY_SECONDS
    assert ahead.messages() == 0


def reserve(clock: Clock, *, rate: float, messages: int, prefetch_count: int = 2) -> Reservation:
    """What a worker with two processes reserves: this many messages."""
    reservation = Reservation(SimpleNamespace(_in_poll=None, do_restore=False), prefetch_count=prefetch_count)
    reservation._ahead = ahead_at(rate, clock)
    for number in range(messages):
        reservation.append(object(), str(number))
    return reservation


def test_while_tasks_are_long_it_holds_one_for_each_process(clock: Clock) -> None:
    assert reserve(clock, rate=1, messages=1).can_consume()
    assert reserve(clock, rate=1, messages=1).room() == 1
    assert not reserve(clock, rate=1, messages=2).can_consume()


def test_what_runs_counts_though_its_message_was_forgotten_with_the_connection(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(current_app, "active", {"a token": None}, raising=False)
    assert reserve(clock, rate=1, messages=0).room() == 1
    monkeypatch.setattr(current_app, "active", {"a token": None, "another": None}, raising=False)
    assert not reserve(clock, rate=1, messages=0).can_consume()


def test_it_asks_for_several_or_for_none(clock: Clock) -> None:
    few = reserve(clock, rate=1000, messages=4)
    assert few.can_consume()
    assert few.room() == pytest.approx(18, abs=2)
    assert not reserve(clock, rate=1000, messages=18).can_consume()


def test_without_a_limit_it_takes_whatever_there_is(clock: Clock) -> None:
    assert reserve(clock, rate=1000, messages=1000, prefetch_count=0).can_consume()
    assert reserve(clock, rate=1, messages=1000, prefetch_count=0).room() == MOST


def test_what_was_asked_for_is_read(clock: Clock) -> None:
    reservation = reserve(clock, rate=1, messages=2)
    reservation.channel._in_poll = object()
    assert reservation.can_consume()


def test_where_redis_refuses_to_hand_out_several_it_takes_one_after_the_other(
    own_url: str, own_redis: Redis, own_client: httpx.Client, tmp_path: Path
) -> None:
    own_redis.execute_command("ACL", "SETUSER", "old", "on", ">secret", "~*", "&*", "+@all", "-blmpop")
    url = own_url.replace("//", "//old:secret@")
    tasks = [submit(own_client, "add", x=number, y=0) for number in range(20)]
    with running_worker(tmp_path, redis_url=url) as worker:
        assert [ended(own_client, task)["result"] for task in tasks] == list(range(20))
        assert "redis does not allow BLMPOP" in worker.log
