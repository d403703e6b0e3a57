"""The place of the rules of keys in Redis, with their tasks."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from celeriac.ledger.model.times import date_done, microseconds
from celeriac.ledger.store import scripts
from celeriac.ledger.store.connection import Argument, Connection
from celeriac.ledger.store.epoch import Epoch
from celeriac.ledger.store.group_commit import Batching
from celeriac.settings import Settings

# How many ids the answer about one key has: of tasks that have a slot, and of tasks that wait.
MOST_NAMED = 100


class Rules(NamedTuple):
    """The rules of a key; None for what there is not."""

    limit: int | None
    rate: str | None
    burst: int | None


class Row(NamedTuple):
    """A key: its rules by the latest submission and by an operator, who has a slot, and how many wait. Times are microseconds."""

    owner: str
    key: str
    submitted: Rules
    override: Rules
    set_at: int | None
    opens_at: int
    running: int
    waiting: int
    throttled: int
    holders: list[str]
    waiters: list[str]


class LimitTable:
    """Requests one after another, over separate connections."""

    def __init__(self, settings: Settings, *, epoch: Epoch | None = None) -> None:
        """Nothing is sent yet."""
        self._connection = Connection(settings.backend, epoch=epoch)
        self._pushes = Connection(settings.broker, epoch=epoch)
        self._where = "push" if settings.backend == settings.broker else "record"
        self._ttl = microseconds(settings.result_ttl)
        self._asking = Batching(self._ask_all)

    async def read(self, owner: str, key: str) -> Row | None:
        """One key, with the ids of tasks that have a slot or wait for one."""
        position = f"[{owner}:{key}"
        rows = await self._run(scripts.READ_LIMITS, position, position, 1, MOST_NAMED)
        return _row(rows[0]) if rows else None

    async def page(self, *, owner: str | None, after: tuple[str, str] | None, limit: int) -> list[Row]:
        """Keys of this owner (None: of all), by owner and text, after this owner and text."""
        start, end = ("-", "+") if owner is None else (f"[{owner}:", f"({owner};")
        if after is not None:
            start = f"({after[0]}:{after[1]}"
        return [_row(row) for row in await self._run(scripts.READ_LIMITS, start, end, limit, 0)]

    async def change(self, owner: str, key: str, rules: Rules, *, interval: int | None) -> str:
        """Set these rules in place of all that were set; without any, remove them. "new", "changed" or "unknown"."""
        values = [
            "" if value is None else value for value in (rules.limit, rules.rate, interval, rules.burst)
        ]
        how = (self._ttl, date_done(), self._where)
        word, *pushed = await self._run(scripts.CHANGE_LIMIT, f"{owner}:{key}", *values, *how)
        for start in range(0, len(pushed), 3):
            queue, side, message = pushed[start : start + 3]
            await self._pushes.call(side.decode(), queue, message)
        return str(word.decode())

    async def close(self) -> None:
        """Close the connections."""
        await self._asking.close()
        await self._connection.close()
        await self._pushes.close()

    async def _run(self, script: scripts.Script, *arguments: Argument) -> Any:
        return await self._asking.do((script, arguments))

    async def _ask_all(self, questions: Sequence[tuple[scripts.Script, Sequence[Argument]]]) -> list[Any]:
        return [await self._connection.run(script, arguments) for script, arguments in questions]


def _row(parts: Sequence[bytes]) -> Row:
    (key, limit, rate, burst, set_limit, set_rate, set_burst, set_at, opens_at, *counts, holders, waiters) = (
        part.decode() for part in parts
    )
    owner, _, name = key.partition(":")
    running, waiting, throttled = map(int, counts)
    return Row(
        owner=owner,
        key=name,
        submitted=_rules(limit, rate, burst),
        override=_rules(set_limit, set_rate, set_burst),
        set_at=int(set_at) if set_at else None,
        opens_at=int(opens_at),
        running=running,
        waiting=waiting,
        throttled=throttled,
        holders=holders.split(),
        waiters=waiters.split(),
    )


def _rules(limit: str, rate: str, burst: str) -> Rules:
    return Rules(int(limit) if limit else None, rate or None, int(burst) if burst else None)
