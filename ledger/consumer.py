"""What a worker does with the ledger: claim a task, finish it, put it off, and push what is due."""

import json
from dataclasses import asdict, dataclass
from datetime import timedelta

from redis import Redis
from redis.backoff import EqualJitterBackoff
from redis.retry import Retry

from ledger import keys, scripts
from ledger.states import State
from ledger.task import Failure

DUE_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Granted:
    """The task is ours to run."""

    attempt: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The task is not ours: it is `state`, and its message is to be dropped. None: there is no record of it."""

    state: State | None


class Consumer:
    """The worker's side of the ledger. Every step may be asked again after a lost reply: its token makes it one."""

    def __init__(self, *, backend: str, broker: str, result_ttl: timedelta) -> None:
        """URLs as for `Ledger`. `result_ttl` is how long a record and Celery's result document are kept after the end.

        A Redis that is away is waited for, however long: what a task came to must not be lost.
        """
        redis = _patient_client(backend)
        self._broker = None if broker == backend else _patient_client(broker)
        self._push = "push" if self._broker is None else "record"
        self._ttl = int(result_ttl.total_seconds() * 1000)
        self._claim = redis.register_script(scripts.CLAIM.text)
        self._finish = redis.register_script(scripts.FINISH.text)
        self._retry = redis.register_script(scripts.RETRY.text)
        self._release = redis.register_script(scripts.RELEASE.text)
        self._due = redis.register_script(scripts.DUE.text)

    def claim(
        self, task_id: str, *, queue: str, token: str, worker: str, document: bytes
    ) -> Granted | Refused:
        """Take a queued task for the holder of `token`; `document` is what Celery stores of a started task."""
        answer, detail = self._claim(
            keys=[keys.record(task_id), keys.waiting(queue), keys.running(), keys.result(task_id)],
            args=[token, worker, task_id, document, self._ttl],
        )
        match answer:
            case b"granted":
                return Granted(int(detail))
            case b"refused":
                return Refused(State(detail.decode()))
            case _:
                return Refused(None)

    def finish(
        self, task_id: str, *, token: str, state: State, failure: Failure | None, document: bytes
    ) -> bool:
        """End a task; `document` is Celery's result of it. False: the task is no longer this token's."""
        answer = self._finish(
            keys=[keys.record(task_id), keys.running(), keys.result(task_id)],
            args=[token, task_id, state, _error(failure), document, self._ttl],
        )
        return bool(answer == b"finished")

    def retry(self, task_id: str, *, token: str, delay: timedelta, failure: Failure, document: bytes) -> bool:
        """Put a task off after a failed attempt. False: the task is no longer this token's."""
        answer = self._retry(
            keys=[keys.record(task_id), keys.running(), keys.due(), keys.result(task_id)],
            args=[
                token,
                task_id,
                int(delay / timedelta(microseconds=1)),
                _error(failure),
                document,
                self._ttl,
            ],
        )
        return bool(answer == b"retrying")

    def release(self, task_id: str, *, queue: str, token: str) -> bool:
        """Give a task back unfinished, to be run again. False: the task is no longer this token's."""
        message = self._release(
            keys=[keys.record(task_id), keys.waiting(queue), keys.running(), keys.queue(queue)],
            args=[token, task_id, self._push],
        )
        if message and self._broker is not None:
            self._broker.rpush(keys.queue(queue), message)
        return message is not None

    def push_due(self) -> int:
        """Queue the tasks whose time has come; how many there were, at most `DUE_AT_ONCE`."""
        answer = self._due(
            keys=[keys.due()], args=[keys.record(""), keys.waiting(""), DUE_AT_ONCE, self._push]
        )
        if self._broker is not None:
            for queue, message in zip(answer[::2], answer[1::2], strict=True):
                self._broker.lpush(keys.queue(queue.decode()), message)
        return len(answer) // 2


def _patient_client(url: str) -> Redis:
    return Redis.from_url(
        url,
        socket_connect_timeout=5,
        socket_timeout=10,
        socket_keepalive=True,
        health_check_interval=10,
        retry=Retry(EqualJitterBackoff(base=0.05, cap=1.0), retries=-1),
    )


def _error(failure: Failure | None) -> str:
    """The record's `error`; the traceback stays in Celery's document."""
    if failure is None:
        return ""
    return json.dumps({name: value for name, value in asdict(failure).items() if name != "traceback"})
