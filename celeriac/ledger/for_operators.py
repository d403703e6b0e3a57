"""The ledger for operators: queues, workers, numbers; pause, resume and purge."""

import json
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from redis.exceptions import RedisError

from celeriac.ledger.model.states import State
from celeriac.ledger.model.times import date_done, microseconds
from celeriac.ledger.protocol.remote_control import RemoteControl, StockWorker
from celeriac.ledger.store import keys, scripts
from celeriac.ledger.store.connection import Argument, Connection, InDoubt, Unavailable
from celeriac.ledger.store.epoch import Epoch
from celeriac.ledger.store.group_commit import Batching
from celeriac.settings import Settings

AT_ONCE = 100
# A queue that is not going to be empty: a number, as autoscalers want it.
LONGEST_DRAIN_SECONDS = 31_536_000.0


@dataclass(frozen=True)
class Queue:
    """A queue: how many tasks wait in it, for how many seconds the first of them has (0 for none), and who serves it.

    How many a second came into it and left it is counted over the last 60 to 70 seconds.
    """

    name: str
    depth: int
    oldest_wait_seconds: float
    paused: bool
    workers: int
    in_per_second: float
    out_per_second: float

    @property
    def drain_seconds(self) -> float:
        """When it is empty, if all goes on like this; `LONGEST_DRAIN_SECONDS` when it is not going to be."""
        if self.depth == 0:
            return 0.0
        gain = self.out_per_second - self.in_per_second
        if gain <= 0 or self.paused:
            return LONGEST_DRAIN_SECONDS
        return min(self.depth / gain, LONGEST_DRAIN_SECONDS)


@dataclass(frozen=True)
class Worker:
    """A worker of ours, as it last described itself; `seen_at` is in microseconds since 1970. None for what it did not report."""

    name: str
    queues: list[str]
    concurrency: int | None
    # Of its event loops; the lag of the slowest one is in seconds, None where it has none.
    async_queues: list[str]
    async_concurrency: int
    loop_lag: float | None
    active: list[str]
    started_at: datetime | None
    seen_at: int
    # Of a worker of an existing app: the app, the kind of its pool, and what this worker cannot do, in sentences.
    app: str | None
    pool: str | None
    warnings: list[str]


@dataclass(frozen=True)
class Histogram:
    """How many durations fell into each bucket (by its upper bound in seconds, not cumulated), and their sum in seconds."""

    counts: dict[str, int]
    sum: float


class Overview:
    """Rare requests, one after another, over a separate connection."""

    def __init__(
        self, settings: Settings, *, queues: Collection[str] = (), epoch: Epoch | None = None
    ) -> None:
        """Nothing is sent yet. `queues` are those of the catalog, which are there before their first task."""
        self._queues = frozenset(queues)
        self._one_server = settings.backend == settings.broker
        self._ttl = microseconds(settings.result_ttl)
        self._backend = Connection(settings.backend, epoch=epoch)
        self._broker = Connection(settings.broker, epoch=epoch)
        self._asking = Batching(self._ask_all)
        self._moving = Batching(self._move_all)
        self._remote_control = RemoteControl(settings.broker, epoch)

    async def queues(self) -> list[Queue]:
        """The queues of the catalog, and all on which a task was ever accepted, by name."""
        now, window, rows = await self._run(scripts.QUEUES, *self._queues)
        seconds = int(window) / 1_000_000
        return sorted((_queue(int(now), seconds, *row) for row in rows), key=lambda queue: queue.name)

    async def workers(self) -> list[Worker]:
        """The workers of ours that were heard of within the last half minute, by name."""
        pairs = await self._call("ZRANGE", keys.workers(), 0, -1, "WITHSCORES")
        seen_at = {
            name.decode(): int(float(score)) for name, score in zip(pairs[::2], pairs[1::2], strict=True)
        }
        if not seen_at:
            return []
        reports = await self._call("MGET", *map(keys.worker, seen_at))
        rows = zip(seen_at.items(), reports, strict=True)
        return sorted(
            (_worker(name, at, report) for (name, at), report in rows if report),
            key=lambda worker: worker.name,
        )

    async def stock_workers(self, *, ours: Sequence[Worker]) -> list[StockWorker]:
        """The workers that listen to Celery's remote control, but for ours, by name."""
        names = {worker.name for worker in ours}
        return [worker for worker in await self._remote_control.workers() if worker.name not in names]

    async def counts(self) -> dict[tuple[str, State], int]:
        """How many tasks there are now, by name and state."""
        rows = await self._run(scripts.COUNTS, *State)
        return {
            (name.decode(), state): count
            for name, *counts in rows
            for state, count in zip(State, counts, strict=True)
        }

    async def totals(self) -> dict[tuple[str, str], int]:
        """How many tasks were `accepted`, and came to each end, since the beginning, by name and state."""
        flat = await self._call("HGETALL", keys.totals())
        totals = {}
        for field, count in zip(flat[::2], flat[1::2], strict=True):
            state, _, name = field.decode().partition(" ")
            totals[name, state] = int(count)
        return totals

    async def times(self) -> dict[tuple[str, str], Histogram]:
        """How long tasks were queued and ran, by kind (`queued`, `running`) and name."""
        flat = await self._call("HGETALL", keys.times())
        histograms: dict[tuple[str, str], Histogram] = {}
        for field, count in zip(flat[::2], flat[1::2], strict=True):
            kind, bucket, name = field.decode().split(" ", 2)
            histogram = histograms.setdefault((kind, name), Histogram({}, 0.0))
            if bucket == "sum":
                histograms[kind, name] = Histogram(histogram.counts, int(count) / 1_000_000)
            else:
                histogram.counts[bucket] = int(count)
        return histograms

    async def is_known(self, queue: str) -> bool:
        """Whether it is a queue of the catalog, or a task was ever accepted on it, or it is paused."""
        if queue in self._queues:
            return True
        return bool(
            await self._call("SISMEMBER", keys.queues(), queue)
            or await self._call("SISMEMBER", keys.paused(), queue)
        )

    async def pause(self, queue: str) -> None:
        """From now on, until it is resumed, no worker gets a task of this queue."""
        await self._change(scripts.PAUSE, queue, undo=scripts.RESUME)

    async def resume(self, queue: str) -> None:
        """Let workers take tasks from this queue again."""
        await self._change(scripts.RESUME, queue, undo=scripts.PAUSE)

    async def purge(self, queue: str) -> int:
        """End all that is queued in this queue as cancelled; how many there were."""
        total = 0
        while count := await self._purge_some(queue):
            total += count
        return total

    async def close(self) -> None:
        """Close the connections."""
        await self._asking.close()
        await self._moving.close()
        await self._remote_control.close()
        await self._backend.close()
        await self._broker.close()

    async def _change(self, script: scripts.Script, queue: str, *, undo: scripts.Script) -> None:
        """On both servers, or, when one is away, on neither: first where the messages are, then where it is noted."""
        if self._one_server:
            await self._run(script, queue)
            return
        lists = await self._lists_of(queue)
        await self._moving.do((script, queue, *lists))
        try:
            await self._run(script, queue)
        except (Unavailable, InDoubt, RedisError):
            with suppress(
                Unavailable, InDoubt, RedisError
            ):  # the first of the two failures is the one to tell
                await self._moving.do((undo, queue, *lists))
            raise

    async def _lists_of(self, queue: str) -> list[bytes]:
        """The lists of a queue that are not named like it."""
        flat = await self._call("HGETALL", keys.lists())
        return [name for name, of in zip(flat[::2], flat[1::2], strict=True) if of == queue.encode()]

    async def _purge_some(self, queue: str) -> int:
        """How many tasks were ended; what waited for them, and may run now, is pushed."""
        where = "push" if self._one_server else "record"
        count, *pushed = await self._run(scripts.PURGE, queue, AT_ONCE, self._ttl, date_done(), where)
        for name, side, message in zip(*[iter(pushed)] * 3, strict=True):
            await self._broker.push(side, name, message)
        return int(count)

    async def _run(self, script: scripts.Script, *arguments: Argument) -> Any:
        return await self._asking.do((script, arguments))

    async def _call(self, *command: Argument) -> Any:
        return await self._asking.do((None, command))

    async def _ask_all(self, questions: Any) -> list[Any]:
        """One after the other; what goes wrong with one is the answer of all that were asked with it."""
        return [
            await (self._backend.run(script, arguments) if script else self._backend.call(*arguments))
            for script, arguments in questions
        ]

    async def _move_all(self, changes: Sequence[tuple[Any, ...]]) -> list[Any]:
        return [await self._broker.run(script, lists) for script, *lists in changes]


def _queue(
    now: int, seconds: float, name: bytes, depth: int, oldest: bytes, paused: int, workers: int, *flow: int
) -> Queue:
    waits = max(now - int(oldest), 0) / 1_000_000 if oldest else 0.0
    in_rate, out_rate = (count / seconds for count in flow)
    return Queue(name.decode(), depth, waits, bool(paused), workers, in_rate, out_rate)


def _worker(name: str, seen_at: int, report: bytes) -> Worker:
    """A worker of another version may say less of itself, or in another way."""
    members = json.loads(report)

    def texts(member: str) -> list[str]:
        return [text for text in _member(members, member, list, []) if isinstance(text, str)]

    return Worker(
        name=name,
        queues=texts("queues"),
        concurrency=_member(members, "concurrency", int, None),
        async_queues=texts("async_queues"),
        async_concurrency=_member(members, "async_concurrency", int, 0),
        loop_lag=_member(members, "loop_lag", float, None),
        active=texts("active"),
        started_at=_moment(_member(members, "started_at", str, "")),
        seen_at=seen_at,
        app=_member(members, "app", str, None),
        pool=_member(members, "pool", str, None),
        warnings=texts("warnings"),
    )


def _member(members: Any, name: str, kind: type, default: Any) -> Any:
    value = members.get(name) if isinstance(members, dict) else None
    return value if isinstance(value, kind) else default


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
