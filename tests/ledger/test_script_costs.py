"""How many commands scripts carry out, however many tasks wait for one another."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from redis import Redis

from celeriac.ledger.for_workers import Claim, Consumer
from celeriac.ledger.ledger import Ledger
from celeriac.ledger.model.batch import NewBatch
from celeriac.ledger.model.dependencies import MOST_AFTER, Dependencies
from celeriac.ledger.model.states import State
from celeriac.ledger.model.submission import Options, Submission
from celeriac.ledger.store import keys, scripts
from celeriac.ledger.tables.batches import BatchTable
from celeriac.settings import Settings
from celeriac.stack.valkey import Valkey
from lab.bench.stores import store

DAY = timedelta(days=1)
DOCUMENT = b'{"status": "SUCCESS", "result": 9}'
# Redis carries out some 400 commands of a script in a millisecond.
MOST_OF_A_ROUND = 1_000
# Beside what is done for each of those that a task waits for: some results are kept at once.
MOST_BESIDE = 900
KEEP: tuple[Any, ...] = (50, "push", store.MINUTE, 3, store.DAY, store.DAY, store.DATE)


class Place:
    """A ledger on a server on which nothing else happens, and a loop in which it is asked."""

    def __init__(self, redis: Redis, url: str, runner: asyncio.Runner) -> None:
        """Nothing is sent yet."""
        self.redis, self._runner = redis, runner
        self.ledger = Ledger(backend=url, broker=url, result_ttl=DAY, tombstone_ttl=DAY)
        self._settings = Settings(redis_url=url)
        self._consumer = Consumer(self._settings)
        self._keep = redis.script_load(scripts.KEEP.text)

    def submit(self, count: int = 1, **options: Any) -> tuple[str, ...]:
        """The ids of new tasks with these options."""
        encoded = Options(**options).encode() if options else ""
        ids = tuple(str(uuid4()) for _ in range(count))

        async def accepting() -> None:
            some = (
                Submission(each, "add", store.QUEUE, store.ENVELOPE, store.INPUT, encoded) for each in ids
            )
            await asyncio.gather(*map(self.ledger.accept, some))

        self._runner.run(accepting())
        return ids

    def end(self, *ids: str) -> None:
        """Run these tasks to their ends."""
        for task_id in ids:
            self._consumer.claim(Claim(task_id, task_id, "ada", DOCUMENT))
            self._consumer.end(task_id, token=task_id, state=State.SUCCEEDED, failure=None, document=DOCUMENT)

    def cancel(self, task_id: str) -> None:
        """Cancel a task that nobody has begun; no worker of ours is there."""
        self._runner.run(self.ledger.cancel(task_id, owner=None, terminate=False))

    def scripts_of_a_batch(self, count: int, *, others_wait: bool) -> int:
        """With how many scripts so many tasks are added to a batch."""

        async def adding() -> int:
            table = BatchTable(self._settings, others_wait=lambda: others_wait)
            batch_id = str(uuid4())
            await table.open(NewBatch(batch_id=batch_id, label=None, submitter=None, accepted_as=batch_id))
            some = [
                Submission(str(uuid4()), "add", store.QUEUE, store.ENVELOPE, store.INPUT)
                for _ in range(count + 1)
            ]
            assert await table.add(batch_id, 0, some[:1]) == (1, None)  # the connection is made
            before = self._commands("cmdstat_fcall")
            assert await table.add(batch_id, 1, some[1:]) == (count, None)
            await table.close()
            return self._commands("cmdstat_fcall") - before

        return self._runner.run(adding())

    def busy_while_accepting(self) -> list[bool]:
        """Whether the ledger says that it accepts: before a submission, meanwhile, and afterwards."""

        async def accepting() -> list[bool]:
            before = self.ledger.is_accepting()
            one = Submission(str(uuid4()), "add", store.QUEUE, store.ENVELOPE, store.INPUT)
            accepted = self.ledger.accept(one)
            meanwhile = self.ledger.is_accepting()
            await accepted
            return [before, meanwhile, self.ledger.is_accepting()]

        return self._runner.run(accepting())

    def count(self, act: Any) -> int:
        """How many commands Redis carries out meanwhile."""
        before = self._commands()
        act()
        return self._commands() - before

    def rounds(self) -> list[int]:
        """How many commands each round of a keeper has carried out, until there is nothing to do."""
        counts, word = [], b"more"

        def keep() -> None:
            nonlocal word
            answer: Any = self.redis.evalsha(self._keep, 0, *KEEP)
            word = answer[0]

        while word == b"more":
            counts.append(self.count(keep))
        return counts

    def states(self, ids: tuple[str, ...]) -> set[str]:
        """The states of these tasks."""
        return {str(self.redis.hget(keys.record(task_id), "state"), "ascii") for task_id in ids}  # type: ignore[arg-type]

    def _commands(self, kind: str | None = None) -> int:
        statistics: dict[str, Any] = self.redis.info("commandstats")
        return sum(each["calls"] for name, each in statistics.items() if name == kind or kind is None)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A ledger on a server of its own."""
    with (
        Valkey(tmp_path / "valkey", options={"appendonly": "no"}) as server,
        Redis.from_url(server.url) as client,
        asyncio.Runner() as runner,
    ):
        place = Place(client, server.url, runner)
        place.end(*place.submit())  # envelope and functions are known
        yield place
        runner.run(place.ledger.close())


def gathering(ids: tuple[str, ...]) -> Dependencies:
    """What a task waits for that takes the results of these."""
    return Dependencies(ids=ids, sees_all=True, references=ids)


def left_over(redis: Redis) -> list[Any]:
    """The keys about tasks that wait for others, or need their results."""
    patterns = ("celeriac:followers:*", "celeriac:blockers:*", "celeriac:needers:*", "celeriac:releasing")
    return [key for pattern in patterns for key in redis.scan_iter(pattern)]


@pytest.mark.parametrize("state", ["queued", "succeeded"])
def test_accepting_takes_a_few_commands_for_each_of_those_that_a_task_waits_for(
    place: Place, state: str
) -> None:
    others = place.submit(MOST_AFTER // 2)
    if state == "succeeded":
        place.end(*others)
    count = place.count(lambda: place.submit(dependencies=gathering(others)))
    assert count <= {"queued": 4, "succeeded": 2}[state] * len(others) + MOST_BESIDE
    assert max(place.rounds()) <= MOST_OF_A_ROUND
    assert all(place.redis.ttl(keys.result(other)) < 0 for other in others)


def test_fan_out_and_gather_are_carried_on_in_short_rounds(place: Place) -> None:
    (root,) = place.submit()
    leaves = place.submit(200, dependencies=gathering((root,)))
    sums = place.submit(2, dependencies=gathering(leaves))
    place.end(root)
    assert max(place.rounds()) <= MOST_OF_A_ROUND
    assert place.states(leaves) == {"queued"}
    place.end(*leaves)
    assert place.states(sums) == {"queued"}
    place.end(*sums)
    assert max(place.rounds()) <= MOST_OF_A_ROUND
    assert left_over(place.redis) == []


def test_what_waits_for_many_ends_in_short_rounds(place: Place) -> None:
    (root,) = place.submit()
    leaves = place.submit(200, dependencies=gathering((root,)))
    sums = place.submit(20, dependencies=gathering(leaves), start_within=timedelta(microseconds=1))
    assert max(place.rounds()) <= MOST_OF_A_ROUND
    assert place.states(sums) == {"expired"}
    totals = place.submit(20, dependencies=gathering(leaves))
    place.cancel(root)
    assert max(place.rounds()) <= MOST_OF_A_ROUND
    assert place.states((root, *leaves, *totals)) == {"cancelled"}
    assert left_over(place.redis) == []


def test_a_batch_has_shorter_scripts_while_single_submissions_wait(place: Place) -> None:
    assert place.scripts_of_a_batch(100, others_wait=False) == 2
    assert place.scripts_of_a_batch(100, others_wait=True) == 5
    assert place.busy_while_accepting() == [False, True, False]
