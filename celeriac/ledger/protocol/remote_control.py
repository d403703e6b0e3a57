"""Asks Celery's own workers about themselves by its remote control.

Workers answer within milliseconds, or not at all. All callers share one question every `FRESH`, and its answers.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from celeriac.ledger.model.times import milliseconds
from celeriac.ledger.protocol import message as wire
from celeriac.ledger.store import keys, scripts
from celeriac.ledger.store.connection import Connection
from celeriac.ledger.store.epoch import Epoch
from celeriac.ledger.store.group_commit import Batching
from celeriac.values.addresses.redis_address import database

FRESH = timedelta(seconds=3)
# A worker that is busy may answer late; what it says then belongs to nobody, and must not stay.
KEPT = timedelta(days=1)
PATIENCE_SECONDS = 0.5
PAUSE_SECONDS = 0.02
# Of `celery inspect`, with their arguments: `safe` leaves out what the tasks were given.
QUESTIONS: Mapping[str, Mapping[str, Any]] = {"stats": {}, "active_queues": {}, "active": {"safe": True}}
# What each worker has answered, by its name and the question.
Answers = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class StockWorker:
    """The answers of a stock Celery worker; None for what it did not report."""

    name: str
    queues: list[str]
    concurrency: int | None
    active: list[str]
    started_at: datetime | None
    seen_at: datetime


class RemoteControl:
    """Asks over a separate connection, because it waits."""

    def __init__(self, broker: str, epoch: Epoch | None = None) -> None:
        """Nothing is sent yet."""
        self._channel = keys.remote_control(database(broker))
        self._connection = Connection(broker, epoch=epoch)
        self._asking = Batching(self._answer_all, largest=10_000)

    async def workers(self) -> list[StockWorker]:
        """The workers that listen to remote control and have answered, by name; within about `PATIENCE_SECONDS`."""
        answers = await self._asking.do(None)
        now = datetime.now(UTC)
        return [_worker(name, answer, now) for name, answer in sorted(answers.items())]

    async def close(self) -> None:
        """Finish open calls, then close the connection."""
        await self._asking.close()
        await self._connection.close()

    async def _answer_all(self, askers: Sequence[None]) -> list[Answers]:
        return [await self._answers()] * len(askers)

    async def _answers(self) -> Answers:
        ticket = str(uuid4())
        messages = [
            wire.question(method, arguments, ticket=f"{ticket}.{method}", reply_to=keys.replies())
            for method, arguments in QUESTIONS.items()
        ]
        times = (milliseconds(FRESH), milliseconds(KEPT))
        reply = await self._connection.run(scripts.ASK, [self._channel, *times, ticket, *messages])
        return await self._collect(reply[0].decode(), reply[1], reply[2] / 1000) if reply else {}

    async def _collect(self, ticket: str, expected: int, age: float) -> Answers:
        deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS - age
        while True:
            *replies, _ = await self._connection.call("LRANGE", keys.replies(), 0, -1) or [b""]
            answers = [answer for reply in replies if (answer := _answer(reply, ticket))]
            if len(answers) >= expected or asyncio.get_running_loop().time() > deadline:
                break
            await asyncio.sleep(PAUSE_SECONDS)
        by_worker: Answers = defaultdict(dict)
        for name, question, answer in answers:
            by_worker[name][question] = answer
        return by_worker


def _answer(reply: bytes, ticket: str) -> tuple[str, str, Any] | None:
    """Worker, question and answer; None for a reply to an earlier ticket, or what is no reply at all."""
    try:
        reply_ticket, body = wire.reply(reply)
        ((name, answer),) = body.items()
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    own_ticket, _, question = reply_ticket.partition(".")
    return (name, question, answer) if own_ticket == ticket else None


def _worker(name: str, answers: Mapping[str, Any], now: datetime) -> StockWorker:
    """Pools differ in what they tell, and a refusal is `{"error": …}`: what is not as expected was not told."""
    stats = answers.get("stats")
    pool = stats.get("pool") if isinstance(stats, dict) else None
    concurrency = pool.get("max-concurrency") if isinstance(pool, dict) else None
    uptime = stats.get("uptime") if isinstance(stats, dict) else None
    return StockWorker(
        name=name,
        queues=sorted(_texts(answers.get("active_queues"), "name")),
        concurrency=concurrency if isinstance(concurrency, int) else None,
        active=_texts(answers.get("active"), "id"),
        started_at=now - timedelta(seconds=uptime) if isinstance(uptime, int | float) else None,
        seen_at=now,
    )


def _texts(value: Any, member: str) -> list[str]:
    items = value if isinstance(value, list) else []
    return [item[member] for item in items if isinstance(item, dict) and isinstance(item.get(member), str)]
