"""What one call accepts, so that none holds up Redis for long."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

from celeriac.ledger.ledger import Ledger
from celeriac.ledger.model.dependencies import Dependencies
from celeriac.ledger.model.states import State
from celeriac.ledger.model.submission import Options, Submission
from lab.bench.stores import store

TTL = timedelta(minutes=1)
MANY = 12


def submission(options: Options | None = None) -> Submission:
    """A new task."""
    return Submission(
        str(uuid4()), "add", store.QUEUE, store.ENVELOPE, store.INPUT, options.encode() if options else ""
    )


def test_tasks_that_wait_for_a_thousand_others_are_accepted_few_at_a_time(
    new_database: Callable[[], str],
) -> None:
    url = new_database()
    calls: list[float] = []

    async def accept() -> list[State]:
        ledger = Ledger(backend=url, broker=url, result_ttl=TTL, tombstone_ttl=TTL, on_answer=calls.append)
        others = await asyncio.gather(*(ledger.accept(submission()) for _ in range(1000)))
        options = Options(dependencies=Dependencies(ids=tuple(other.task_id for other in others)))
        calls.clear()
        waiting = await asyncio.gather(*(ledger.accept(submission(options)) for _ in range(MANY)))
        await ledger.close()
        return [each.state for each in waiting]

    assert asyncio.run(accept()) == [State.BLOCKED] * MANY
    assert len(calls) == MANY
