"""The keeper of batches: goes on with what a process has left unfinished."""

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from celeriac.ledger.model.times import date_done, microseconds
from celeriac.ledger.store import scripts
from celeriac.ledger.store.connection import Connection
from celeriac.settings import Settings

AT_ONCE = 50
# After an hour in which nothing comes, nobody sends the rest.
IDLE_MICROSECONDS = 3_600_000_000
# A process that accepts or cancels takes its next step much sooner.
PATIENCE_MICROSECONDS = 3_000_000
# How many parts of one batch are accepted or cancelled in a round.
MOST_STEPS = 200

Push = Callable[[Sequence[bytes]], Awaitable[object]]


class BatchKeeper:
    """The rounds of batches. Any number of processes have them: the scripts make sure that each step happens once."""

    def __init__(self, settings: Settings, backend: Connection, push: Push) -> None:
        """`push` pushes what is to be pushed elsewhere."""
        self._where = "push" if settings.backend == settings.broker else "record"
        self._ttl, self._stay = microseconds(settings.result_ttl), microseconds(settings.tombstone_ttl)
        self._backend, self._push = backend, push

    async def go_round(self) -> None:
        """Do what is due now."""
        word = b"more"
        while word == b"more":
            word, staged, cancelling, pushed = await self._backend.run(
                scripts.KEEP_BATCHES, self._arguments()
            )
            await self._push(pushed)
        for batch_id in staged:
            await self._accept(batch_id)
        for batch_id in cancelling:
            await self._cancel(batch_id)

    async def _accept(self, batch_id: bytes) -> None:
        header = json.dumps({"id": batch_id.decode(), "is_staged": True})
        for _ in range(MOST_STEPS):
            arguments: list[Any] = [self._where, self._ttl, date_done(), 0, header, 0]
            answer = await self._backend.run(scripts.ACCEPT, arguments)
            if (
                not answer
            ):  # the message of a definition is not known: whoever has staged the array wrote it before
                return
            await self._push(answer[3])
            if not answer[4]:
                return

    async def _cancel(self, batch_id: bytes) -> None:
        for _ in range(MOST_STEPS):
            arguments: list[Any] = [batch_id, "", "", AT_ONCE, self._ttl, date_done(), self._where, "final"]
            word, _, pushed = await self._backend.run(scripts.CANCEL_BATCH, arguments)
            await self._push(pushed)
            if word != b"more":
                return

    def _arguments(self) -> list[Any]:
        return [
            *(AT_ONCE, self._where, self._ttl, self._stay, date_done()),
            *(IDLE_MICROSECONDS, PATIENCE_MICROSECONDS),
        ]
