"""The ledger for workers: claim, end, retry and return tasks, and send heartbeats."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from time import monotonic
from typing import Any, NamedTuple

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from celeriac.files.store.store import Blob
from celeriac.ledger.model.accepting import from_answer, to_arguments
from celeriac.ledger.model.batch import ids_in
from celeriac.ledger.model.rejected import RejectedMessage
from celeriac.ledger.model.states import State
from celeriac.ledger.model.submission import Accepted, Submission
from celeriac.ledger.model.submitter import Submitter
from celeriac.ledger.model.task import Failure
from celeriac.ledger.model.times import date_done, microseconds, milliseconds
from celeriac.ledger.protocol.kombu_forms import read_plain
from celeriac.ledger.store import keys, scripts
from celeriac.ledger.store.blocking_connection import PatientConnection
from celeriac.settings import Settings
from celeriac.values.addresses.redis_address import pool
from celeriac.values.short_text import shortened

# Several beats of a worker, so that one which is late is not taken for gone.
FRESH = timedelta(seconds=30)
HASTE_SECONDS = 0.25
# After a failover that cuts no connection, one that only reads leads to a replica.
LONGEST_HASTY_SECONDS = 5.0
MOST_REJECTED = 1_000
LONGEST_REJECTED = 1_000_000
# Of results that an input refers to, read in one call: each can be large.
MOST_RESULTS = 20
REJECTED_TTL = timedelta(days=7)


# In place of a result that is not there any more.
GONE: Any = object()


class UnknownBatch(Exception):
    """No batch has this id."""


@dataclass(frozen=True, slots=True)
class Granted:
    """This worker may run the task."""

    attempt: int
    # How many async tasks may run in its event loop at once, this one included; None: any number.
    company: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """This worker may not run the task, which is `state`: drop its message. None: the task has no record."""

    state: State | None


class Claim(NamedTuple):
    """The request of a worker to run a task; `document` is what Celery stores for a started task.

    Workers of existing apps say at how many lost runs it fails (`most`), and the stamp of its message: an older one is refused.
    """

    task_id: str
    token: str
    worker: str
    document: bytes
    most: int | None = None
    stamp: int | None = None


class Consumer:
    """The ledger for a worker. Every step can be repeated after a lost reply: its token makes it one.

    Every call waits for a Redis that is away or full, for any time: the end of a task must not be lost.
    """

    def __init__(
        self, settings: Settings, *, connect: Callable[[str], PatientConnection] = PatientConnection
    ) -> None:
        """Nothing is sent yet. `connect` makes the connection to an address."""
        self._redis = connect(settings.backend)
        self._broker = self._redis if settings.broker == settings.backend else connect(settings.broker)
        # Of the server of the queues, and of that of the records.
        self.outage = self._broker.outage
        self.outage_of_records = self._redis.outage
        self._hasty = Redis(
            connection_pool=pool(
                settings.backend,
                socket_connect_timeout=HASTE_SECONDS,
                socket_timeout=HASTE_SECONDS,
                retry=Retry(NoBackoff(), 0),
            )
        )
        self._hasty_until = 0.0
        self._push_or_record = "push" if self._broker is self._redis else "record"
        self._ttl = microseconds(settings.result_ttl)
        self._lease = microseconds(settings.lease)
        self._max_queue_depth = settings.max_queue_depth
        self._most_lost_runs = settings.max_lost_runs
        # The claim that was sent with the last end, its answer, if that is known, and until when it is relied on.
        self._next_claim: tuple[Claim, Any, float] | None = None

    def had_tasks(self, queue: str) -> bool:
        """Whether a task was ever accepted on this queue; False while Redis is away."""
        try:
            return bool(self._hasty.sismember(keys.queues(), queue))
        except RedisError:
            return False

    def is_served(self, queue: str) -> bool:
        """Whether a live worker of ours serves this queue."""
        seconds, _ = self._redis.call("TIME")
        at = self._redis.call("HGET", keys.serving(), queue)
        return at is not None and float(at) > (int(seconds) - FRESH.total_seconds()) * 1e6

    def claim(self, claim: Claim) -> Granted | Refused:
        """Claim a queued task for the holder of its token, unless `end` has claimed it already."""
        answer = self._known_answer(claim) or self._redis.run(scripts.CLAIM, *self._arguments(claim))
        match answer:
            case b"granted", attempt, *pushed:
                self._push(pushed)
                return Granted(int(attempt))
            case b"suspect", attempt, company, *pushed:
                self._push(pushed)
                return Granted(int(attempt), int(company))
            case b"refused", state, *pushed:
                self._push(pushed)
                return Refused(State(state.decode()))
            case _:
                return Refused(None)

    def end(
        self,
        task_id: str,
        *,
        token: str,
        state: State,
        failure: Failure | None,
        document: bytes,
        following: Claim | None = None,
        files: Sequence[Blob] = (),
    ) -> bool:
        """End a task; `document` is Celery's result of it, `files` are the large files that it names. False: the task is no longer this token's.

        If the next claim of this process is known, it is sent together with the end, which saves a round trip.
        """
        end = (
            task_id, token, state, error_of(failure), document, self._ttl, date_done(), self._push_or_record,
            *(part for blob in files for part in blob),
        )  # fmt: skip
        if following is None:
            answer = self._redis.run(scripts.END, *end)
        else:
            # A process that is paused in between has lost the task by then.
            reliable = monotonic() + self._lease / 2e6
            self._next_claim = following, None, reliable
            answer, claimed = self._redis.run_both(
                scripts.END, end, scripts.CLAIM, self._arguments(following)
            )
            self._next_claim = following, claimed, reliable
        word, *pushed = answer
        self._push(pushed)
        return bool(word == b"ended")

    def return_claimed(self) -> None:
        """The process ends before it runs a claimed task: return the task, so that another runs it."""
        next_claim, self._next_claim = self._next_claim, None
        if next_claim is not None:
            self.return_task(next_claim[0].task_id, token=next_claim[0].token)

    def retry(self, task_id: str, *, token: str, delay: timedelta, failure: Failure, document: bytes) -> bool:
        """Delay a task after a failed attempt. False: somebody asked to cancel it, or it no longer belongs to this token."""
        word, *pushed = self._redis.run(
            scripts.RETRY,
            task_id, token, microseconds(delay), error_of(failure), document, self._ttl, date_done(),
            self._push_or_record,
        )  # fmt: skip
        self._push(pushed)
        return bool(word == b"retrying")

    def return_task(self, task_id: str, *, token: str, company: int | None = None) -> bool:
        """Return a task before its end, so that it runs again, in a loop with at most this company; a task that somebody asked to cancel ends.

        False: the task is no longer this token's; so with `lose`.
        """
        arguments = (task_id, token, self._push_or_record, self._ttl, date_done())
        word, *pushed = self._redis.run(
            scripts.RETURN_TASK, *arguments, *(() if company is None else (company,))
        )
        self._push(pushed)
        return bool(word != b"stale")

    def lose(self, task_id: str, *, token: str, reason: str) -> bool:
        """The process of a task is gone: run the task again, unless this happened too often."""
        arguments = (
            task_id,
            token,
            reason,
            self._push_or_record,
            self._most_lost_runs,
            self._ttl,
            date_done(),
        )
        word, *pushed = self._redis.run(scripts.LOSE, *arguments)
        self._push(pushed)
        return bool(word != b"stale")

    def return_messages(self, messages: Sequence[tuple[str, int]]) -> None:
        """Return unclaimed messages, as id and stamp, to the front of their queue, in their order."""
        flat = [part for message in reversed(messages) for part in message]
        self._push(self._redis.run(scripts.RETURN_MESSAGES, self._push_or_record, *flat))

    def beat(
        self, worker: str, *, says: Mapping[str, Any], queues: Sequence[str], tasks: Sequence[tuple[str, str]]
    ) -> list[str]:
        """Report a live worker, and renew the leases of its tasks (id and token); returns the answer of renew_leases.lua for each."""
        arguments = [worker, json.dumps(says), milliseconds(FRESH), self._lease, len(queues), *queues]
        answers = self._redis.run(scripts.BEAT, *arguments, *(part for pair in tasks for part in pair))
        return [answer.decode() for answer in answers]

    def last_heard_of(self, worker: str) -> tuple[bytes | None, bytes | None]:
        """The time and the description of the last heartbeat of a worker with this name; None if there was none."""
        return self._redis.call("ZSCORE", keys.workers(), worker), self._redis.call(
            "GET", keys.worker(worker)
        )

    def emit(self, task_id: str, token: str, events: Sequence[tuple[str, str]], progress: str | None) -> None:
        """Add events (kind and JSON data) to the history of a running task. The record keeps the last progress."""
        parts = [part for event in events for part in event]
        self._redis.run(scripts.EMIT, task_id, token, progress or "", *parts)

    def results(self, task_ids: Iterable[str]) -> dict[str, Any]:
        """The results of tasks that have ended, by id: None if one ended without success. Those that are gone are missing."""
        ids, results = list(task_ids), {}
        for start in range(0, len(ids), MOST_RESULTS):
            some = ids[start : start + MOST_RESULTS]
            documents = self._redis.call("MGET", *map(keys.result, some))
            for task_id, document in zip(some, documents, strict=True):
                if document is not None:
                    meta = read_plain(document)
                    results[task_id] = meta["result"] if meta["status"] == "SUCCESS" else None
        return results

    def results_of_batch(self, batch_id: str) -> Iterator[tuple[str, Any]]:
        """The id and the result of each task of a batch that has ended, in order: None without success, `GONE` where there is none."""
        total, existing = self._redis.call("HMGET", keys.batch(batch_id), "total", "existing")
        if total is None:
            raise UnknownBatch(batch_id)
        task_id = ids_in(batch_id)
        # The place of an item that another task stands for, by its unique key, is empty.
        missing = None if int(existing or 0) else GONE
        for start in range(0, int(total), MOST_RESULTS):
            ids = [task_id(number) for number in range(start, min(start + MOST_RESULTS, int(total)))]
            results = self.results(ids)
            yield from ((each, results.get(each, missing)) for each in ids)

    def is_cancelled(self, task_id: str) -> bool:
        """Whether somebody asked to cancel this running task, according to the primary."""
        self._redis.call("ZREM", keys.tasks(), "")  # takes nothing away, for no task has this id
        return self._redis.call("HGET", keys.record(task_id), "cancel") is not None

    def is_known_to_be_cancelled(self, task_id: str) -> bool:
        """The same, but no if Redis does not answer within `HASTE_SECONDS`, so that a task that asks does not wait."""
        if monotonic() > self._hasty_until:
            self._hasty.connection_pool.disconnect(inuse_connections=False)
            self._hasty_until = monotonic() + LONGEST_HASTY_SECONDS
        try:
            return self._hasty.hget(keys.record(task_id), "cancel") is not None
        except RedisError:
            return False

    def accept(self, submission: Submission) -> Accepted:
        """Accept a task that a running one submits. Raises what accept_tasks.lua refuses it for, as celeriac/ledger/model/accepting.py has it."""
        arguments = to_arguments(
            [submission], where=self._push_or_record, ttl=self._ttl, most_waiting=self._max_queue_depth
        )
        answer = self._redis.run(scripts.ACCEPT, *arguments)
        while not answer:
            envelope = submission.envelope
            self._redis.call("HSET", keys.envelopes(), envelope.digest, envelope.format)
            answer = self._redis.run(scripts.ACCEPT, *arguments)
        first, at, replies, pushed = answer
        self._push(pushed)
        (accepted,) = from_answer([submission], first, at, replies)
        if isinstance(accepted, Exception):
            raise accepted
        return accepted

    def may_read(self, task_id: str, digest: str) -> bool:
        """Whether this task names the file with this hash, or needs the result of a task or batch that does."""
        names = {name.decode() for name in self._redis.call("HKEYS", keys.blob(digest))}
        if task_id in names:
            return True
        needed = set((self._redis.call("HGET", keys.record(task_id), "results") or b"").decode().split())
        return bool(needed & names) or any(self._batch_of(name) in needed for name in names if needed)

    def _batch_of(self, task_id: str) -> str | None:
        place = self._redis.call("HGET", keys.record(task_id), "batch")
        return None if place is None else str(place.decode().partition(" ")[0])

    def submitter_of(self, task_id: str) -> Submitter | None:
        """Whose a task is, and by which key; None if it belongs to nobody."""
        owner, key = self._redis.call("HMGET", keys.record(task_id), "owner", "key")
        return None if owner is None else Submitter(owner.decode(), (key or owner).decode())

    def names(self, ids: Sequence[str], *, owner: str) -> dict[str, str]:
        """The names of the definitions of those tasks that exist and are this owner's, or anybody's (`owner` is "")."""
        names = self._redis.run(scripts.READ_NAMES, owner, *ids)
        return {task_id: name.decode() for task_id, name in zip(ids, names, strict=True) if name}

    def reject(self, queue: str, *, message: str, reason: str) -> None:
        """Keep a message that no worker can read, for inspection."""
        for command in rejecting(queue, message=message, reason=reason):
            self._redis.call(*command)

    def _known_answer(self, claim: Claim) -> Any:
        next_claim, self._next_claim = self._next_claim, None
        if next_claim is None:
            return None
        of, answer, reliable_until = next_claim
        return answer if of == claim and monotonic() < reliable_until else None

    def _arguments(self, claim: Claim) -> tuple[Any, ...]:
        task_id, token, worker, document, most, stamp = claim
        arguments = (
            task_id,
            token,
            worker,
            self._lease,
            document,
            self._ttl,
            date_done(),
            self._push_or_record,
        )
        return arguments if most is None and stamp is None else (*arguments, most or "", stamp or "")

    def _push(self, pushed: Sequence[bytes]) -> None:
        """Push what is to be pushed on the server of the queues: queue, side and message of each."""
        for queue, side, message in zip(*[iter(pushed)] * 3, strict=True):
            self._broker.push(side, queue, message)


def rejecting(queue: str, *, message: str, reason: str) -> list[tuple[Any, ...]]:
    """The commands that keep a message which no worker can read."""
    entry = json.dumps(asdict(RejectedMessage(date_done(), reason, shortened(message, LONGEST_REJECTED))))
    key = keys.rejected(queue)
    return [
        ("LPUSH", key, entry),
        ("LTRIM", key, 0, MOST_REJECTED - 1),
        ("EXPIRE", key, int(REJECTED_TTL.total_seconds())),
    ]


def error_of(failure: Failure | None) -> str:
    """The record's `error`; the traceback stays in Celery's document."""
    if failure is None:
        return ""
    return json.dumps({name: value for name, value in asdict(failure).items() if name != "traceback"})
