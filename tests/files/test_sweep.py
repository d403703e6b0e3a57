"""A sweep removes files that no task needs, and no others."""

import asyncio
import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from redis import Redis

from celeriac.files.store.directory import DirectoryStore
from celeriac.files.store.store import Blob, BlobGone, SweptStore, write
from celeriac.ledger.keeping.file_sweep import FileSweep
from celeriac.ledger.ledger import Ledger
from celeriac.ledger.model.submission import Submission
from celeriac.ledger.store import keys
from celeriac.ledger.tables.files import FileTable
from tests.files.named import ledger, submission

# As old as a blob has to be here. Whoever writes one has this time to name it.
AGE_SECONDS = 0.5


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    """An empty store."""
    return DirectoryStore(tmp_path / "files", durable=False)


def sweep(store: SweptStore, url: str, *, age_seconds: float = -5.0) -> int:
    """Sweep once. By default, all that is there is old."""

    async def go() -> int:
        table = FileTable(url)
        one = FileSweep(store, table, age_seconds=age_seconds)
        removed = await one.sweep()
        await table.close()
        one.close()
        return removed

    return asyncio.run(go())


def accept(url: str, *submissions: Submission) -> None:
    """Accept these tasks."""

    async def go() -> None:
        one = ledger(url)
        for each in submissions:
            await one.accept(each)
        await one.close()

    asyncio.run(go())


def there(store: SweptStore, blobs: list[Blob]) -> list[bool]:
    """Which of these can be read."""
    found = []
    for blob in blobs:
        try:
            found.append(len(b"".join(store.open(blob.digest))) == blob.size)
        except BlobGone:
            found.append(False)
    return found


def test_what_no_task_names_goes_when_it_is_old(
    store: DirectoryStore, own_url: str, own_redis: Redis
) -> None:
    blobs = [write(store, [str(number).encode()]) for number in range(250)]
    tasks = [submission([blob]) for blob in blobs[::2]]
    accept(own_url, *tasks)
    assert sweep(store, own_url, age_seconds=3600) == 0
    assert sweep(store, own_url) == 125
    assert there(store, blobs) == [number % 2 == 0 for number in range(250)]
    own_redis.delete(keys.record(tasks[0].task_id))
    assert sweep(store, own_url) == 1
    assert there(store, blobs[:3]) == [False, False, True]
    assert list(store.aside()) == []


def test_what_a_sweep_that_died_has_set_aside_is_put_back_if_it_is_needed(
    store: DirectoryStore, own_url: str
) -> None:
    needed, other = write(store, [b"needed"]), write(store, [b"other"])
    accept(own_url, submission([needed]))
    for blob in (needed, other):
        assert store.set_aside(blob.digest, time.time() + 5)
    assert sweep(store, own_url) == 1
    assert list(store.aside()) == []
    assert there(store, [needed, other]) == [True, False]


def test_one_process_sweeps_at_a_time(own_url: str) -> None:
    async def ask() -> list[bool]:
        tables = [FileTable(own_url), FileTable(own_url)]
        turns = [await table.take_turn() for table in tables * 2]
        for table in tables:
            await table.close()
        return turns

    assert asyncio.run(ask()) == [True, False, False, False]


class Sweepers:
    """Processes that sweep all the time, and are killed at random."""

    def __init__(self, store: DirectoryStore, url: str, chance: random.Random) -> None:
        """Two of them, each a fork: it begins at once."""
        self._store, self._url, self._chance = store, url, chance
        self._output, self._input = os.pipe()
        os.set_blocking(self._output, False)
        self._processes = [self._start() for _ in range(2)]
        self.killed = self.removed = 0

    def kill_one(self) -> None:
        """With `kill -9`, wherever it is; another one begins."""
        self._kill(self._processes.pop(self._chance.randrange(2)))
        self._processes.append(self._start())
        self.killed += 1
        with suppress(BlockingIOError):
            self.removed += len(os.read(self._output, 1_000_000))

    def stop(self) -> None:
        """All."""
        while self._processes:
            self._kill(self._processes.pop())

    def _start(self) -> int:
        if process := os.fork():
            return process
        with suppress(BaseException):
            asyncio.run(self._sweep_on())
        os._exit(1)

    def _kill(self, process: int) -> None:
        os.kill(process, signal.SIGKILL)
        assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == -signal.SIGKILL

    async def _sweep_on(self) -> None:
        one = FileSweep(self._store, FileTable(self._url), age_seconds=AGE_SECONDS)
        while True:
            os.write(self._input, b"." * await one.sweep())
            await asyncio.sleep(0.005)


@pytest.fixture
def sweepers(store: DirectoryStore, own_url: str, request: pytest.FixtureRequest) -> Iterator[Sweepers]:
    """Sweepers of this store, with the seed of the test."""
    programs = Sweepers(store, own_url, random.Random(request.node.name))  # noqa: S311 - to be repeated
    yield programs
    programs.stop()


@pytest.mark.parametrize(
    "kills", [10, pytest.param(1_000, marks=[pytest.mark.trial, pytest.mark.timeout(1_800)])]
)
def test_no_file_that_a_task_names_is_lost_while_sweepers_are_killed(
    kills: int, store: DirectoryStore, sweepers: Sweepers, own_url: str, own_redis: Redis
) -> None:
    chance = random.Random(kills)  # noqa: S311 - to be repeated
    named = 0
    kept: dict[str, Blob] = {}

    async def name_one(one: Ledger) -> None:
        """Write a file, and mostly name it in a task; forget others."""
        nonlocal named
        written = time.monotonic()
        blob = write(store, [bytes([chance.randrange(20)]) * 1_000])
        if chance.random() < 0.3:  # it died before it named it
            return
        if chance.random() < 0.5:
            store.touch(blob.digest)
        await asyncio.sleep(chance.choice((0, 0, 0.01, 0.1)))
        task = submission([blob])
        await one.accept(task)
        if time.monotonic() > written + AGE_SECONDS:  # too late, on a machine with too much to do
            own_redis.delete(keys.record(task.task_id))
            return
        named += 1
        kept[task.task_id] = blob
        while len(kept) > 4:
            task_id = chance.choice([*kept])
            assert there(store, [kept.pop(task_id)]) == [True]
            own_redis.delete(keys.record(task_id))

    async def go() -> None:
        one, next_kill = ledger(own_url), 0.0
        while sweepers.killed < kills or not sweepers.removed:
            if time.monotonic() > next_kill:
                sweepers.kill_one()
                next_kill = time.monotonic() + chance.uniform(0.02, 0.8)
            await name_one(one)
            assert all(there(store, [*kept.values()]))
            await asyncio.sleep(chance.choice((0, 0.002, 0.05)))
        await one.close()

    asyncio.run(go())
    sweepers.stop()
    assert named > kills
    sweep(store, own_url)
    assert all(there(store, [*kept.values()]))
    assert {path.name for path in store.root.glob("??/??/*")} == {blob.digest for blob in kept.values()}
    assert list(store.aside()) == []
