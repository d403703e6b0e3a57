"""Adds items to a batch, and waits where a limit is reached."""

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

from celeriac.ledger.model.batch import NewBatch
from celeriac.ledger.model.submission import Submission
from celeriac.ledger.model.submitter import LimitExceeded, QueueFull
from celeriac.ledger.store.connection import InDoubt, Unavailable
from celeriac.ledger.tables.batches import BatchTable
from celeriac_api.resources.batches.refusals import refused_item
from celeriac_api.response.errors import Problem
from celeriac_api.response.problems import redis_problem

# A limit may let nothing in for so long; then the batch is refused from there on.
PATIENCE_SECONDS = 30.0
SHORTEST_WAIT, LONGEST_WAIT = 0.02, 1.0


class Place(NamedTuple):
    """Where an item is: in words, and as members of a problem."""

    words: str
    members: dict[str, Any]


class Adding:
    """Adds what is read to a batch."""

    def __init__(self, table: BatchTable, new: NewBatch) -> None:
        """Nothing is added yet."""
        self._table, self._new = table, new
        self._count = 0

    async def add(self, submissions: Sequence[Submission], places: Sequence[Place]) -> None:
        """Add these, which are from these places of the request. Where a limit is reached, that takes longer, and the client has to wait."""
        now, added = asyncio.get_running_loop().time, 0
        deadline = now() + PATIENCE_SECONDS
        while added < len(submissions):
            try:
                answer = await self._table.add(self._new.batch_id, self._count, submissions[added:])
            except (Unavailable, InDoubt) as away:
                raise self.stopped_at(places[added], redis_problem(away)) from away
            added, self._count = added + answer.accepted, self._count + answer.accepted
            if answer.accepted:
                deadline = now() + PATIENCE_SECONDS
            match answer.refusal:
                case None:
                    pass
                case LimitExceeded() | QueueFull() if now() < deadline:
                    await asyncio.sleep(min(max(answer.refusal.wait_seconds, SHORTEST_WAIT), LONGEST_WAIT))
                case refusal:
                    problem = refused_item(refusal, self._new.batch_id)
                    raise self.stopped_at(places[added], problem) from refusal

    def stopped_at(self, place: Place, problem: Problem) -> Problem:
        """The same problem, with the place, and what becomes of the batch."""
        rest = (
            "Send it again with the same key to go on."
            if self._new.is_keyed
            else "The batch is complete with these."
            if problem.status < 500
            else "It takes no more; after an hour, it is complete with these."
        )
        problem.detail = f"{place.words}: {problem.detail} {self._count} items before it are accepted, and none after it. {rest}"
        problem.members |= {**place.members, "accepted": self._count, "batch_id": self._new.batch_id}
        return problem
