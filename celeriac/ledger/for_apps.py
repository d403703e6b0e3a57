"""The ledger for existing Celery apps: publish, adopt, hold and drop messages that Celery has made."""

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from itertools import batched
from typing import Any

from redis import Redis
from redis.exceptions import ResponseError

from celeriac.ledger.for_workers import Claim, Consumer, error_of
from celeriac.ledger.model.states import State
from celeriac.ledger.model.task import Failure
from celeriac.ledger.model.times import date_done, microseconds
from celeriac.ledger.store import keys, scripts
from celeriac.ledger.store.functions import Way
from celeriac.ledger.store.scripts import Script
from celeriac.settings import Settings
from celeriac.values.addresses.redis_address import pool

# Of messages that a worker has received and not begun, named in one call.
HELD_AT_ONCE = 200
CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 10.0


class Published(StrEnum):
    """What became of a publish or an adoption."""

    # A new record; where it is due later, no worker has it until then.
    NEW = "new"
    # The task that a worker of the app was to make a message for has it now.
    ATTACHED = "attached"
    # The task had ended, and is open again.
    REOPENED = "reopened"
    # The task is queued or runs: this message follows when that is over. Nothing is in a list of the broker.
    NEXT = "next"
    # The same publish was there already: a reply was lost, or the broker has delivered a message again.
    REPLAYED = "replayed"
    # Adoption only: the record is ahead of this message, which runs no more.
    STALE = "stale"


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
    # ISO 8601; the message gets it as `expires`.
    expires: str | None
    # Of the message: traceparent, tracestate.
    headers: dict[str, str]


class Publisher:
    """The ledger for whoever publishes: web processes, beat, tasks. Errors are redis-py's, so that kombu's retry policy acts on them."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is sent yet."""
        self._settings = settings
        self._one_server = settings.broker == settings.backend
        self._ledger: Redis | None = None
        self._broker: Redis | None = None
        self._way = Way()

    def publish(self, publication: Publication, *, channel: Redis | None = None) -> Published:
        """Record a message and push it, in one step; `channel` is a client of the broker, which spares a connection."""
        raise NotImplementedError


class AppConsumer(Consumer):
    """The ledger for a worker of an existing app. `claim`, `end`, `retry`, `lose`, `return_task` and `beat` are those of all workers.

    `Claim` has `most` (1 where the task acknowledges early) and `stamp` (of the message) for these workers.
    """

    def adopt(self, publication: Publication) -> Published:
        """Record a message without a stamp, which this worker has received: as if published, but nothing is pushed.

        NEXT and STALE: drop the message. All others: go on to the claim.
        """
        raise NotImplementedError

    def hold(self, task_ids: Sequence[str]) -> None:
        """Name the messages that this worker has received and not begun. Every second: what is not named for some seconds runs elsewhere."""
        raise NotImplementedError

    def return_held(self, task_ids: Sequence[str]) -> None:
        """Return messages that this worker has received and not begun to the front of their lists; acknowledge them afterwards."""
        raise NotImplementedError

    def ignored(self, task_id: str, *, token: str, replaced: bool, document: bytes) -> bool:
        """A run ended with `Ignore`; `replaced`: another message goes on under this id. `document` is Celery's SUCCESS with null.

        If the body has stored a result itself, that is the end. False: the task is no longer this token's.
        """
        raise NotImplementedError

    def drop(
        self,
        task_id: str,
        *,
        state: State,
        failure: Failure | None,
        document: bytes | None,
        unsent: bool = False,
    ) -> bool:
        """End a task that no worker has begun: Celery revoked or expired its message here (CANCELLED, EXPIRED).

        `unsent`: only if its message was not made, and cannot be made (FAILED). False: it runs, has ended, or has a message.
        """
        raise NotImplementedError

    def take_unsent(self, app: str, *, seconds: float) -> Unsent | None:
        """The next task of this app that waits for its message; None if none comes in this time."""
        raise NotImplementedError
