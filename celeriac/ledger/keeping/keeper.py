"""The keeper: queues what is due, recovers what was lost, removes what is old.

Every API and worker process has one. There is no leader: the scripts make sure that each step happens once.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic
from typing import Any

from redis.exceptions import RedisError

from celeriac.ledger.keeping.batch_keeper import BatchKeeper
from celeriac.ledger.keeping.rounds import Rounds
from celeriac.ledger.keeping.unacknowledged import without_held
from celeriac.ledger.model.states import FINAL, State
from celeriac.ledger.model.times import date_done, microseconds
from celeriac.ledger.store import keys, scripts
from celeriac.ledger.store.connection import Connection, InDoubt, Unavailable
from celeriac.ledger.store.epoch import Epoch
from celeriac.ledger.store.health import WRITE
from celeriac.settings import Settings

# A round of sweeping asks for every queue which message is next.
SWEEP_EVERY = 4
AT_ONCE = 50
MOST_LOST_MESSAGES = 10
OWNERS_AT_ONCE = 2
MOST_RECOUNTED = 20_000
KEYS_AT_ONCE, MOST_RECOUNTED_OF_KEY = 2, 200
MORE, DONE = b"more", b"done"
_OPEN = [state for state in State if state not in FINAL]

logger = logging.getLogger(__name__)


class Keeper:
    """Runs the keeper's rounds.

    While Redis is away there are no rounds. After such a gap, keep_tasks.lua spares leases, which nobody could renew.
    When Redis accepts writes over a new connection, it may be another server, so the epoch of all other connections ends.
    """

    def __init__(self, settings: Settings, epoch: Epoch | None = None) -> None:
        """Nothing is sent before `keep`. The keeper's own connections outlive each `epoch`, because they write in every round."""
        self._epoch = epoch or Epoch()
        self._times_connected = 0
        self._one_server = settings.backend == settings.broker
        self._push_or_record = "push" if self._one_server else "record"
        self._backend = Connection(settings.backend)
        self._broker = Connection(settings.broker)
        self._batches = BatchKeeper(settings, self._backend, self._push_all)
        self._lease = microseconds(settings.lease)
        self._grace = microseconds(settings.rescue_grace)
        self._ends = (microseconds(settings.result_ttl), microseconds(settings.tombstone_ttl))
        self._most_lost_runs = settings.max_lost_runs
        self._is_answered = False
        self._is_wanted = asyncio.Event()

    async def keep(self) -> None:
        """Run rounds until cancelled."""
        number, rounds = 0, Rounds(monotonic())
        while True:
            await self._sleep(rounds.next_at - monotonic())
            if is_usual := rounds.begin(monotonic()):
                number += 1
            try:
                rounds.come_early(await self.go_round(sweep=is_usual and number % SWEEP_EVERY == 0))
                self._connect_all_anew()
            except (Unavailable, InDoubt, RedisError) as error:
                if self._is_answered:
                    is_away = isinstance(error, Unavailable | InDoubt)  # which others say, too
                    logger.log(
                        logging.INFO if is_away else logging.WARNING, "keeper: %s; trying again", error
                    )
                self._is_answered = False

    async def go_round(self, *, sweep: bool) -> float | None:
        """Do everything that is due now; with `sweep`, also look for messages that were popped and lost.

        The answer is when to come early (a time of `monotonic`) for what is due next. None: this keeper need not.
        """
        while (
            word := await self._push(await self._backend.run(scripts.KEEP, self._keep_arguments()))
        ) == MORE:
            pass
        early_at = None if word == DONE else monotonic() + int(word) / 1e6
        self._is_answered = True
        if sweep:
            if not self._one_server:
                await self._broker.call(*WRITE)
            while await self._sweep() == MORE:
                pass
            await self._batches.go_round()
            await self._recount()
            await self._recount_limits()
        return early_at

    async def _sweep(self) -> bytes:
        word, *pushed = await self._backend.run(scripts.SWEEP, await self._sweep_arguments())
        if pushed:
            pushed = await without_held(self._backend, self._broker, pushed)
        await self._push_all(pushed)
        return bytes(word)

    def wake(self) -> None:
        """Let a round begin at once: there may be something to do that the last one could not know of."""
        self._is_wanted.set()

    async def close(self) -> None:
        """Close the connections."""
        await self._backend.close()
        await self._broker.close()

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._is_wanted.wait(), max(0.0, seconds))
        self._is_wanted.clear()

    def _connect_all_anew(self) -> None:
        """After a new connection of the keeper: an older one that only reads may lead to a server that is no primary any more."""
        times_connected = self._backend.times_connected + self._broker.times_connected
        if times_connected != self._times_connected:
            self._times_connected = times_connected
            self._epoch.ends()

    async def _recount(self) -> None:
        """The counts by which limits are kept are right, unless another program has deleted records."""
        for owner in await self._backend.run(scripts.RECOUNT, [OWNERS_AT_ONCE, MOST_RECOUNTED, *_OPEN]):
            logger.warning(
                "keeper: the count of unfinished tasks of %s was wrong; it is corrected", owner.decode()
            )

    async def _recount_limits(self) -> None:
        """The slots of keys are given on, unless another program has deleted the records of tasks that have them."""
        arguments: list[Any] = [
            KEYS_AT_ONCE,
            MOST_RECOUNTED_OF_KEY,
            self._ends[0],
            date_done(),
            self._push_or_record,
        ]
        answer = await self._backend.run(scripts.RECOUNT_LIMITS, arguments)
        if freed := await self._push(answer):
            logger.warning(
                "keeper: %d tasks that had or waited for a slot have no record; their slots are free", freed
            )

    def _keep_arguments(self) -> list[Any]:
        return [AT_ONCE, self._push_or_record, self._lease, self._most_lost_runs, *self._ends, date_done()]

    async def _sweep_arguments(self) -> list[Any]:
        arguments: list[Any] = [
            self._grace,
            AT_ONCE,
            self._push_or_record,
            MOST_LOST_MESSAGES,
            self._ends[0],
            date_done(),
        ]
        return arguments if self._one_server else arguments + await self._next_messages()

    async def _next_messages(self) -> list[Any]:
        """The last stamp, before which all was pushed, and for each list which message is next on the server of the queues."""
        queues = [*await self._backend.call("SMEMBERS", keys.queues()), keys.deliveries().encode()]
        last = await self._backend.call("GET", keys.clock())
        if last is None:
            return []
        paused = await self._backend.call("SMEMBERS", keys.paused())
        lists = {
            name: keys.held(name) if queue in paused else name
            for queue in queues
            for name in (queue.decode(), keys.low(queue.decode()))
        }
        flat = await self._backend.call("HGETALL", keys.lists())
        for name, queue in zip(map(bytes.decode, flat[::2]), flat[1::2], strict=True):
            of_app = keys.unsent_in(name)
            lists[name] = of_app or (keys.held(name) if queue in paused else name)
        stamps = await self._broker.run(scripts.TAILS, [last, *lists.values()])
        return [last, *(part for pair in zip(lists, stamps, strict=True) for part in pair)]

    async def _push(self, answer: Sequence[bytes]) -> bytes:
        """Push what is to be pushed elsewhere; what the script says first."""
        word, *pushed = answer
        await self._push_all(pushed)
        return word

    async def _push_all(self, pushed: Sequence[bytes]) -> None:
        for start in range(0, len(pushed), 3):
            queue, side, message = pushed[start : start + 3]
            await self._broker.push(side, queue, message)
