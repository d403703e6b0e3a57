"""One keeper comes early for what is due before the next round."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from time import monotonic
from uuid import uuid4

import pytest
from redis import Redis

from celeriac.ledger.keeping.keeper import Keeper
from celeriac.ledger.ledger import Ledger
from celeriac.ledger.model.submission import Options, Submission
from celeriac.ledger.store import keys
from celeriac.settings import Settings
from lab.bench.stores import store

TTL = timedelta(minutes=1)
SOON, LATER = timedelta(milliseconds=200), timedelta(seconds=100)


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    """A loop."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def keepers(own_url: str, runner: asyncio.Runner) -> Iterator[list[Keeper]]:
    """Three keepers, which come round when they are told to."""
    keepers = [Keeper(Settings(redis_url=own_url)) for _ in range(3)]
    yield keepers
    for keeper in keepers:
        runner.run(keeper.close())


def accept(url: str, runner: asyncio.Runner, *, delay: timedelta) -> None:
    """Submit a task that is due after this time."""

    async def accepting() -> None:
        ledger = Ledger(backend=url, broker=url, result_ttl=TTL, tombstone_ttl=TTL)
        options = Options(delay=delay).encode()
        await ledger.accept(
            Submission(str(uuid4()), "add", store.QUEUE, store.ENVELOPE, store.INPUT, options)
        )
        await ledger.close()

    runner.run(accepting())


def test_one_keeper_of_several_comes_early_for_a_task_that_is_due_before_their_next_round(
    own_url: str, runner: asyncio.Runner, keepers: list[Keeper]
) -> None:
    for keeper in keepers:
        runner.run(keeper.go_round(sweep=False))  # they load the scripts
    accept(own_url, runner, delay=SOON)
    start = monotonic()
    early = [at for at in (runner.run(keeper.go_round(sweep=False)) for keeper in keepers) if at is not None]
    assert len(early) == 1
    assert start < early[0] <= monotonic() + SOON.total_seconds()

    runner.run(asyncio.sleep(early[0] - monotonic()))
    with Redis.from_url(own_url) as redis:
        assert redis.llen(keys.queue(store.QUEUE)) == 0
        runner.run(keepers[-1].go_round(sweep=False))
        assert redis.llen(keys.queue(store.QUEUE)) == 1


def test_no_keeper_comes_early_when_nothing_is_due_soon(
    own_url: str, runner: asyncio.Runner, keepers: list[Keeper]
) -> None:
    accept(own_url, runner, delay=LATER)
    assert [runner.run(keeper.go_round(sweep=False)) for keeper in keepers] == [None] * 3
    with Redis.from_url(own_url) as redis:
        assert not redis.exists(keys.early())
