"""Deliveries of webhooks in Redis: taken from their queue, claimed, ended, retried and read.

A delivery is a task of the ledger, in a queue that the API serves; so what keeps tasks from being lost keeps deliveries, too.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from celeriac.ledger.model.batch import Batch, batch_from
from celeriac.ledger.model.states import State
from celeriac.ledger.model.task import FIELDS, Failure, Task, from_reply
from celeriac.ledger.model.task_filter import Listing, whose
from celeriac.ledger.model.times import date_done, microseconds
from celeriac.ledger.store import keys, scripts
from celeriac.ledger.store.connection import Argument, Connection
from celeriac.ledger.store.epoch import Epoch
from celeriac.ledger.store.group_commit import Batching
from celeriac.settings import Settings

NAME = "celeriac.webhook"
# Less than a connection waits for an answer.
TAKE_SECONDS = 1
_READ = ("name", "owner", "state", "attempt", "created_at", "ended_at", "due_at", "retry_of", "error")
_STATUS = {
    State.RUNNING: "STARTED",
    State.RETRYING: "RETRY",
    State.SUCCEEDED: "SUCCESS",
    State.FAILED: "FAILURE",
}


class Attempt(NamedTuple):
    """One try: when it began (microseconds since 1970), how long it took, and what came of it."""

    at: int
    seconds: float
    status: int | None
    error: str | None


class Secrets(NamedTuple):
    """The secret of an owner, and the one before it, with the time until which that signs, too (microseconds since 1970)."""

    current: str
    previous: str | None = None
    previous_until: int = 0

    def at(self, moment: int) -> tuple[str, ...]:
        """Those that sign at this moment."""
        is_double = self.previous is not None and moment < self.previous_until
        return (self.current, self.previous) if is_double and self.previous else (self.current,)


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One delivery. `task`, or `batch`, is its subject as it was at its end. Times are microseconds since 1970."""

    id: str
    webhook_id: str
    owner: str
    state: State
    subject: str
    task: Task | None
    batch: Batch | None
    url: str
    # The name of the endpoint that it is for, and the endpoint as it is now, where that was read.
    endpoint: str | None
    endpoint_text: str
    attempts: tuple[Attempt, ...]
    created_at: int
    ended_at: int | None
    due_at: int | None
    retry_of: str | None
    error: str | None
    # Somebody asked for it after the first delivery had ended.
    is_asked_for: bool
    is_url_gone: bool
    secrets: Secrets | None


class Retrying(StrEnum):
    """The result of a request to send a delivery again."""

    ACCEPTED = "accepted"
    OPEN = "open"
    UNKNOWN = "unknown"


class DeliveryTable:
    """Requests one after another, over a connection of its own; another one waits for messages."""

    def __init__(self, settings: Settings, *, epoch: Epoch | None = None) -> None:
        """Nothing is sent yet."""
        self._connection = Connection(settings.backend, epoch=epoch)
        self._broker = Connection(settings.broker, epoch=epoch)
        self._pushes = Connection(settings.broker, epoch=epoch)
        self._asking = Batching(self._ask_all)
        self._pushing = Batching(self._push_all)
        self._where = "push" if settings.backend == settings.broker else "record"
        self._ttl = microseconds(settings.result_ttl)
        self._lease = microseconds(settings.webhook_timeout + timedelta(seconds=5))

    async def take(self) -> str | None:
        """The id in the next message of the queue; None if none comes within a second."""
        answer = await self._broker.call("BRPOP", keys.deliveries(), TAKE_SECONDS)
        return None if answer is None else str(json.loads(answer[1])["id"])

    async def read(self, *ids: str, owner: str | None, with_secrets: bool = False) -> list[Delivery | None]:
        """The deliveries with these ids; None where there is none, or it is another owner's."""
        wish = "secrets" if with_secrets else ""
        rows = await self._run(scripts.READ_DELIVERIES, whose(owner), wish, len(_READ), *_READ, *ids)
        return [_delivery(each, row) if row else None for each, row in zip(ids, rows, strict=True)]

    async def page(
        self,
        *,
        owner: str | None,
        subject: str | None,
        states: tuple[State, ...],
        before: int | None,
        limit: int,
    ) -> tuple[list[Delivery], int | None]:
        """Deliveries, the newest first, and before which creation the next page begins."""
        tags = () if subject is None else (f">{subject}",)
        listing = Listing(owner=owner, limit=limit, before=before, states=states, names=(NAME,), tags=tags)
        following, *ids = await self._run(scripts.LIST, *listing.arguments())
        rows = await self.read(*(each.decode() for each in ids), owner=owner) if ids else []
        return [delivery for delivery in rows if delivery], int(following) if following else None

    async def claim(self, delivery: Delivery, *, token: str, process: str) -> bool:
        """Whether this process may send it now."""
        document = _document(delivery.id, State.RUNNING, delivery.attempts)
        word, *rest = await self._run(
            scripts.CLAIM, delivery.id, token, process, self._lease, document, *self._how()
        )
        if word == b"refused":
            await self._push(rest[1:])
        return bool(word == b"granted")

    async def end(
        self, delivery: Delivery, *, token: str, attempts: Sequence[Attempt], error: str | None
    ) -> bool:
        """It was sent, or is sent no more. False: another process has it."""
        state = State.SUCCEEDED if error is None else State.FAILED
        failure = "" if error is None else _failure(error)
        word, *pushed = await self._run(
            scripts.END,
            delivery.id,
            token,
            state,
            failure,
            _document(delivery.id, state, attempts),
            *self._how(),
        )
        await self._push(pushed)
        return bool(word == b"ended")

    async def retry(
        self, delivery: Delivery, *, token: str, attempts: Sequence[Attempt], delay: timedelta, error: str
    ) -> bool:
        """It is sent again after this delay. False: another process has it, or it is cancelled."""
        document = _document(delivery.id, State.RETRYING, attempts)
        word, *pushed = await self._run(
            scripts.RETRY, delivery.id, token, microseconds(delay), _failure(error), document, *self._how()
        )
        await self._push(pushed)
        return bool(word == b"retrying")

    async def give_back(self, delivery: Delivery, *, token: str) -> None:
        """Another process sends it."""
        _, *pushed = await self._run(
            scripts.RETURN_TASK, delivery.id, token, self._where, self._ttl, date_done()
        )
        await self._push(pushed)

    async def send_again(self, delivery_id: str, *, owner: str | None, new_id: str) -> Retrying:
        """A new delivery of what an ended one has sent."""
        word, *pushed = await self._run(
            scripts.RETRY_DELIVERY, delivery_id, whose(owner), new_id, self._ttl, date_done(), self._where
        )
        if word == b"accepted":
            await self._push(pushed)
        return Retrying(word.decode())

    async def close(self) -> None:
        """Close the connections."""
        await self._asking.close()
        await self._pushing.close()
        for connection in (self._connection, self._broker, self._pushes):
            await connection.close()

    def _how(self) -> tuple[Argument, ...]:
        return self._ttl, date_done(), self._where

    async def _push(self, pushed: Sequence[bytes]) -> None:
        for queue, side, message in zip(*[iter(pushed)] * 3, strict=True):
            await self._pushing.do((side.decode(), queue, message))

    async def _run(self, script: scripts.Script, *arguments: Argument) -> Any:
        return await self._asking.do((script, arguments))

    async def _ask_all(self, questions: Sequence[tuple[scripts.Script, Sequence[Argument]]]) -> list[Any]:
        return [await self._connection.run(script, arguments) for script, arguments in questions]

    async def _push_all(self, commands: Sequence[tuple[Argument, ...]]) -> list[Any]:
        return [await self._pushes.call(*command) for command in commands]


def _document(delivery_id: str, state: State, attempts: Sequence[Attempt]) -> str:
    """Celery's document of the delivery, whose result is the attempts so far."""
    return json.dumps(
        {
            "status": _STATUS[state],
            "result": {"attempts": [attempt._asdict() for attempt in attempts]},
            "traceback": None,
            "children": [],
            "date_done": date_done(),
            "task_id": delivery_id,
        }
    )


def _failure(error: str) -> str:
    return json.dumps({"type": "DeliveryFailed", "message": error})


def _delivery(delivery_id: str, row: Sequence[Any]) -> Delivery:
    fields, target_text, document, secrets, endpoint, is_gone = row
    _, owner, state, _, created_at, ended_at, due_at, retry_of, error = fields
    target = json.loads(target_text)
    return Delivery(
        id=delivery_id,
        webhook_id=target.get("webhook_id", delivery_id),
        owner=owner.decode() if owner else "",
        state=State(state.decode()),
        subject=target["subject"],
        task=_task(target) if "record" in target else None,
        batch=_batch(target) if "batch" in target else None,
        url=target["url"],
        endpoint=target.get("endpoint"),
        endpoint_text=endpoint.decode(),
        attempts=_attempts(document),
        created_at=int(created_at),
        ended_at=int(ended_at) if ended_at else None,
        due_at=int(due_at) if due_at else None,
        retry_of=retry_of.decode() if retry_of else None,
        error=Failure(**json.loads(error)).message if error else None,
        is_asked_for=target.get("is_asked_for", False),
        is_url_gone=bool(is_gone),
        secrets=secrets_of(secrets),
    )


def _task(target: dict[str, Any]) -> Task | None:
    """The subject, from its record and document as they went into the delivery."""
    record = target["record"]
    values = [record[field].encode() if field in record else None for field in FIELDS]
    document = target.get("document")
    return from_reply(target["subject"], [*values, document.encode() if document else None])


def _batch(target: dict[str, Any]) -> Batch | None:
    parts = (part.encode() for pair in target["batch"].items() for part in pair)
    return batch_from(target["subject"], list(parts))


def _attempts(document: bytes) -> tuple[Attempt, ...]:
    if not document:
        return ()
    return tuple(Attempt(**attempt) for attempt in json.loads(document)["result"]["attempts"])


def secrets_of(text: bytes) -> Secrets | None:
    """The secrets in what change_secret.lua keeps; None in an empty text."""
    if not text:
        return None
    current, *before = text.decode().split()
    return Secrets(current, before[0], int(before[1])) if before else Secrets(current)
