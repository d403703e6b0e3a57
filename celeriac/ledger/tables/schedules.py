"""The place of schedules in Redis: by owner and name, and by due time."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from celeriac.ledger.model.times import microseconds
from celeriac.ledger.store import scripts
from celeriac.ledger.store.connection import Argument, Connection
from celeriac.ledger.store.epoch import Epoch
from celeriac.ledger.store.group_commit import Batching

# Another process takes what was claimed for so long and was not moved on.
CLAIM_MICROSECONDS = 500_000
MOST_CLAIMED_BYTES = 1_000_000
_PARTS = 7


class Row(NamedTuple):
    """A schedule as it is stored. The version changes with each change; in a list, the last parts are empty."""

    owner: str
    name: str
    version: str
    plan: str
    state: str
    submission: bytes
    input: bytes
    options: str
    # The name of the definition; it is in the plan, too, and empty in what is read.
    submits: str = ""

    @property
    def whole(self) -> tuple[str | bytes, ...]:
        """What is written when a schedule is put."""
        return self.plan, self.submits, self.submission, self.input, self.options


class Rows(NamedTuple):
    """Schedules, and the time of Redis at which they were read (microseconds since 1970)."""

    at: int
    schedules: list[Row]


class TooMany(Exception):
    """The owner has as many schedules as it may."""


class ScheduleTable:
    """Requests one after another, over a separate connection."""

    def __init__(self, backend: str, *, epoch: Epoch | None = None) -> None:
        """The URL of the Redis that holds the records. Nothing is sent yet."""
        self._connection = Connection(backend, epoch=epoch)
        self._asking = Batching(self._ask_all)

    async def claim_due(self, *, most: int, names: Iterable[str], patience: timedelta) -> Rows:
        """The schedules that are due now, for this process alone for half a second.

        Those of definitions without one of these `names` are left to other processes, for the time of `patience`.
        """
        times = CLAIM_MICROSECONDS, microseconds(patience)
        return _rows(await self._run(scripts.CLAIM_DUE, most, MOST_CLAIMED_BYTES, *times, *names))

    async def read(self, owner: str, name: str) -> Rows:
        """The schedule of this owner and name, or none."""
        return _rows(await self._run(scripts.READ_SCHEDULE, _id(owner, name)))

    async def page(self, *, owner: str | None, after: tuple[str, str] | None, limit: int) -> Rows:
        """Schedules of this owner (None: of all), by owner and name, after this owner and name."""
        start, end = ("-", "+") if owner is None else (f"[{owner}:", f"({owner};")
        if after is not None:
            start = f"({_id(*after)}"
        return _rows(await self._run(scripts.LIST_SCHEDULES, start, end, limit))

    async def create(self, row: Row, *, due: int | None, most: int) -> bool:
        """Write a new schedule; False if there is one of this owner and name. `TooMany` if the owner has `most` of them."""
        return await self._change(row, "", due, *row.whole, most)

    async def replace(self, row: Row, *, version: str, due: int | None) -> bool:
        """Write all of a schedule, if it still has this version."""
        return await self._change(row, version, due, *row.whole)

    async def move(self, row: Row, *, version: str, due: int | None) -> bool:
        """Write the state of a schedule alone, if it still has this version."""
        return await self._change(row, version, due)

    async def remove(self, row: Row) -> bool:
        """Remove a schedule, if it still has this version."""
        return bool(
            await self._run(scripts.CHANGE_SCHEDULE, _id(row.owner, row.name), row.version, "", "", "")
        )

    async def note_declared(self, owner: str, names: Iterable[str], *, patience: timedelta) -> list[str]:
        """Note that a process declares these schedules; the names of those that none has declared for so long are removed."""
        ids = [_id(owner, name) for name in names]
        removed = await self._run(scripts.DECLARE_SCHEDULES, microseconds(patience), *ids)
        return [id_text.decode().partition(":")[2] for id_text in removed]

    async def close(self) -> None:
        """Close the connection."""
        await self._asking.close()
        await self._connection.close()

    async def _change(self, row: Row, version: str, due: int | None, *texts: Argument) -> bool:
        arguments = (
            _id(row.owner, row.name),
            version,
            row.version,
            row.state,
            "" if due is None else due,
            *texts,
        )
        answer = await self._run(scripts.CHANGE_SCHEDULE, *arguments)
        if answer < 0:
            raise TooMany(row.owner)
        return bool(answer)

    async def _run(self, script: scripts.Script, *arguments: Argument) -> Any:
        return await self._asking.do((script, arguments))

    async def _ask_all(self, questions: Sequence[tuple[scripts.Script, Sequence[Argument]]]) -> list[Any]:
        return [await self._connection.run(script, arguments) for script, arguments in questions]


def _id(owner: str, name: str) -> str:
    """Neither has a colon."""
    return f"{owner}:{name}"


def _rows(answer: Sequence[bytes]) -> Rows:
    at, *parts = answer
    return Rows(int(at), [_row(parts[start : start + _PARTS]) for start in range(0, len(parts), _PARTS)])


def _row(parts: Sequence[bytes]) -> Row:
    id_text, version, plan, state, submission, task_input, options = parts
    owner, _, name = id_text.decode().partition(":")
    return Row(
        owner, name, version.decode(), plan.decode(), state.decode(), submission, task_input, options.decode()
    )
