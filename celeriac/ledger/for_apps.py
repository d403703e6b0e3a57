"""The ledger for existing Celery apps: takes and keeps the messages that Celery makes."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Literal, NamedTuple

from redis import Redis

from celeriac.ledger.for_workers import Consumer, error_of
from celeriac.ledger.model.states import State
from celeriac.ledger.model.task import Failure
from celeriac.ledger.model.times import date_done, microseconds
from celeriac.ledger.protocol.message import decoded_input
from celeriac.ledger.store import keys, scripts
from celeriac.ledger.store.functions import Way, carry_out
from celeriac.settings import Settings
from celeriac.values.addresses.redis_address import pool

# Of messages that a worker has received and not begun, named in one call.
HELD_AT_ONCE = 200
CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 10.0


class Published(StrEnum):
    """What became of a publish or an adoption."""

    # A new record; where it is due later, no worker has it until then.
    NEW = "new"
    # The task waited for this message: the API has accepted it, or another process was to go on with it.
    ATTACHED = "attached"
    # The task had ended, and is open again.
    REOPENED = "reopened"
    # The task is queued or runs: this message follows when that is over. Nothing is in a list of the broker.
    NEXT = "next"
    # The same publish was there already: a reply was lost, or the broker has delivered a message again.
    REPLAYED = "replayed"


class Adopted(NamedTuple):
    """What became of a message without a stamp, and the stamp that it has from now on."""

    published: Published
    stamp: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Publication:
    """A message that Celery has made, at the moment at which kombu would push it.

    `payload` is kombu's JSON text, `list` the list into which kombu would push it (with prefix and priority step), `queue` the plain
    name of the queue. `sending` names this call of `apply_async`: kombu's own attempts to repeat it have the same, another call has
    another one. Of an adopted message it is the delivery tag.
    """

    task_id: str
    name: str
    queue: str
    list: str
    payload: str | bytes
    sending: str
    # From now on: until the task is due (`eta`), and until it must have started (`expires`).
    due: timedelta | None = None
    start_within: timedelta | None = None
    parent_id: str | None = None
    root_id: str | None = None
    trace_id: str | None = None
    # For a task that the API has accepted, and whose message a worker makes (`Unsent`): only the first one counts.
    attaches: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Unsent:
    """A task that the API has accepted, and that waits for a worker of the app to make its message. `input` is a JSON object."""

    task_id: str
    name: str
    input: bytes
    # ISO 8601, for the message.
    expires: str | None
    # Of the message: traceparent, tracestate.
    headers: dict[str, str]
    # What the submission chose, as `apply_async` takes it: queue, priority.
    options: dict[str, Any] = field(default_factory=dict)


class Publisher:
    """The ledger for whoever publishes: web processes, beat, tasks. Errors are redis-py's, so that kombu's retry policy acts on them."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is sent yet."""
        self._settings = settings
        self._push_or_record: Literal["push", "record"] = (
            "push" if settings.broker == settings.backend else "record"
        )
        self._ledger = _client(settings.backend)
        self._broker = self._ledger if self._push_or_record == "push" else _client(settings.broker)
        self._way = Way()

    def publish(self, publication: Publication, *, channel: Redis | None = None) -> Published:
        """Record a message and push it, in one step; `channel` is a client of the broker, which spares a connection."""
        broker = channel or self._broker
        ledger = broker if self._push_or_record == "push" else self._ledger
        arguments = arguments_of(publication, where=self._push_or_record, ttl=self._settings.result_ttl)
        word, *pushed = carry_out(self._way.run(scripts.PUBLISH, arguments), ledger.execute_command)
        for list_name, side, message in zip(*[iter(pushed)] * 3, strict=True):
            broker.execute_command(side, list_name, message)
        return Published(word.decode())


class AppConsumer(Consumer):
    """The ledger for a worker of an existing app. `claim`, `end`, `retry`, `lose`, `return_task` and `beat` are those of all workers.

    `Claim` has `most` (1 where the task acknowledges early) and `stamp` (of the message) for these workers.
    """

    def adopt(self, publication: Publication) -> Adopted:
        """Record a message without a stamp, which this worker has received: as if published, but nothing is pushed.

        NEXT: the ledger keeps it until the task of this id is over; drop the message. All others: go on to the claim, with the stamp.
        """
        arguments = arguments_of(
            publication, where=self._push_or_record, ttl=timedelta(microseconds=self._ttl)
        )
        word, stamp, *pushed = self._redis.run(scripts.ADOPT, *arguments)
        self._push(pushed)
        return Adopted(Published(word.decode()), int(stamp))

    def hold(self, task_ids: Sequence[str]) -> None:
        """Name what this worker has received and not begun, every second: what was named once and is not for some seconds runs elsewhere."""
        for start in range(0, len(task_ids), HELD_AT_ONCE):
            self._redis.run(scripts.HOLD, *task_ids[start : start + HELD_AT_ONCE])

    def return_held(self, task_ids: Sequence[str]) -> None:
        """Return what this worker has named and not begun to the front of its lists, in this order; acknowledge the messages afterwards."""
        for end in range(len(task_ids), 0, -HELD_AT_ONCE):
            some = task_ids[max(end - HELD_AT_ONCE, 0) : end]
            self._push(self._redis.run(scripts.RETURN_HELD, self._push_or_record, *some))

    def ignored(self, task_id: str, *, token: str, replaced: bool, document: bytes) -> bool:
        """A run ended with `Ignore`; `replaced`: another message goes on under this id. `document` is Celery's SUCCESS with null.

        If the body has stored a result itself, that is the end. False: the task is no longer this token's.
        """
        word, *pushed = self._redis.run(
            scripts.IGNORE,
            task_id, token, "replaced" if replaced else "", document, self._ttl, date_done(), self._push_or_record,
        )  # fmt: skip
        self._push(pushed)
        return bool(word == b"ended")

    def drop(
        self,
        task_id: str,
        *,
        state: State,
        failure: Failure | None,
        document: bytes,
        unsent: bool = False,
        stamp: int | None = None,
    ) -> bool:
        """End a task that no worker has begun: Celery revoked or expired its message (with this stamp) here (CANCELLED, EXPIRED).

        `unsent`: only if its message was not made, and cannot be made (FAILED). False: it runs, has ended, or has another message.
        """
        word, *pushed = self._redis.run(
            scripts.DROP,
            task_id, state, error_of(failure), document, self._ttl, date_done(), self._push_or_record,
            "unsent" if unsent else "", "" if stamp is None else stamp,
        )  # fmt: skip
        self._push(pushed)
        return bool(word == b"ended")

    def take_unsent(self, app: str, *, seconds: float) -> Unsent | None:
        """The next task of this app that waits for its message; None if none comes in this time. It comes again if nobody makes it."""
        answer = self._broker.call("BRPOP", keys.unsent(app), seconds)
        if answer is None:
            return None
        read = json.loads(answer[1])
        headers = {name: value for name, value in read["headers"].items() if isinstance(value, str)}
        return Unsent(
            task_id=read["id"],
            name=read["name"],
            input=decoded_input(read["input"].encode()),
            expires=read["expires"],
            headers=headers,
            options=read.get("options", {}),
        )


def arguments_of(publication: Publication, *, where: str, ttl: timedelta) -> list[Any]:
    """As publish_task.lua and adopt_task.lua read it."""
    payload = publication.payload
    text = payload if isinstance(payload, bytes) else payload.encode()
    if not text.startswith(b"{"):
        raise ValueError("the message of a task is a JSON object")
    return [
        where,
        microseconds(ttl),
        date_done(),
        "attach" if publication.attaches else "",
        publication.task_id,
        publication.name,
        publication.queue,
        publication.list,
        text[1:],
        hashlib.sha256(publication.sending.encode()).hexdigest()[:16],
        "" if publication.due is None else microseconds(publication.due),
        "" if publication.start_within is None else microseconds(publication.start_within),
        publication.parent_id or "",
        publication.root_id or "",
        publication.trace_id or "",
    ]


def _client(url: str) -> Redis:
    return Redis(
        connection_pool=pool(url, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=ANSWER_SECONDS)
    )
