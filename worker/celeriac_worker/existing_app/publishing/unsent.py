"""Makes messages for tasks that the API has accepted.

Only code of the app can make them. The main process of a worker takes such a task from a list and calls the task's own `apply_async`;
the ledger attaches the message to the record and pushes it. If this process dies in between, or Redis is away, the keeper puts the
task into the list again.
"""

import json
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Any

from celery import bootsteps
from kombu.exceptions import OperationalError
from kombu.utils.json import loads
from redis.exceptions import RedisError

from celeriac.ledger.for_apps import Unsent
from celeriac.ledger.model.states import State
from celeriac.ledger.model.task import Failure
from celeriac_worker.existing_app.definitions.arguments import arguments_of
from celeriac_worker.existing_app.publishing.sender import Making, making
from celeriac_worker.existing_app.state import AppLedger, ledger_of
from celeriac_worker.run.failure import failure_of

TAKE_SECONDS = 1
# Longer than one look into an empty list.
STOP_SECONDS = 2.0
# An `apply_async` that takes longer is named in the log: no other message is made meanwhile.
SLOW_SECONDS = 10.0

logger = logging.getLogger(__name__)


class NotSent(Exception):
    """The task's `apply_async` has returned, and has sent no message that could be recorded."""


class UnsentMessages(bootsteps.StartStopStep):  # type: ignore[misc]  # celery has no types
    """Takes what waits for a message, while the worker runs."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, worker: Any, **options: Any) -> None:
        """Nothing runs before `start`."""
        super().__init__(worker, **options)
        self._maker: _Maker | None = None

    def start(self, worker: Any) -> None:
        """Called after the pool has forked its children."""
        ledger = ledger_of(worker.app)
        if ledger:
            self._maker = _Maker(ledger)
            self._maker.start()

    def stop(self, worker: Any) -> None:
        """Called when the worker stops."""
        if self._maker:
            self._maker.stop()

    terminate = stop


def send(ledger: AppLedger, unsent: Unsent) -> None:
    """Have the app send a task that the API has accepted. If it cannot, the task ends as failed."""
    task = ledger.app.tasks.get(unsent.name)
    if task is None:  # a worker of another version has it
        logger.warning("task %s: no task here has the name %s", unsent.task_id, unsent.name)
        return
    try:
        with _trace(unsent.headers):
            _apply(task, unsent)
    except (OperationalError, RedisError) as refusal:
        logger.warning(
            "task %s: the broker takes no message (%s); it is tried again", unsent.task_id, refusal
        )
    except BaseException as error:
        logger.warning("task %s: its message cannot be made", unsent.task_id, exc_info=True)
        _fail(ledger, unsent, error)


class _Maker:
    """The thread; in a pool of greenlets, it is one."""

    def __init__(self, ledger: AppLedger) -> None:
        self._ledger = ledger
        self._is_over = Event()
        self._thread = Thread(target=self._go_on, name="celeriac-unsent", daemon=True)
        self._watch = SlowCall()

    def start(self) -> None:
        self._thread.start()
        Thread(target=self._look, name="celeriac-unsent-watch", daemon=True).start()

    def stop(self) -> None:
        self._is_over.set()
        self._thread.join(STOP_SECONDS)

    def _go_on(self) -> None:
        while not self._is_over.is_set():
            try:
                unsent = self._ledger.consumer.take_unsent(self._ledger.name, seconds=TAKE_SECONDS)
                if unsent:
                    with self._watch.of(unsent):
                        send(self._ledger, unsent)
            except RedisError as refusal:
                logger.warning("redis refuses to hand out unsent tasks: %s", refusal)
                self._is_over.wait(TAKE_SECONDS)
            except Exception:  # whatever is in the list: the tasks after it get their messages
                logger.exception("what waits for a message cannot be read, and is dropped")
                self._is_over.wait(TAKE_SECONDS)

    def _look(self) -> None:
        while not self._is_over.wait(TAKE_SECONDS):
            self._watch.look(time.monotonic())


class SlowCall:
    """Names a task in the log, once, whose `apply_async` does not return."""

    def __init__(self) -> None:
        """None is called."""
        self._current: tuple[Unsent, float] | None = None

    @contextmanager
    def of(self, unsent: Unsent) -> Iterator[None]:
        """While the message of this task is made."""
        self._current = unsent, time.monotonic()
        try:
            yield
        finally:
            self._current = None

    def look(self, now: float) -> None:
        """Look whether the call takes too long at this moment (`time.monotonic()`)."""
        current = self._current
        if current is None or now - current[1] < SLOW_SECONDS:
            return
        self._current = None
        logger.warning(
            "task %s: %s.apply_async() has not returned for %.0f s; until it does, this worker makes no other messages",
            current[0].task_id, current[0].name, now - current[1],
        )  # fmt: skip


def _apply(task: Any, unsent: Unsent) -> None:
    args, kwargs = arguments_of(task, loads(unsent.input))
    with _made(unsent.task_id) as made:
        task.apply_async(args, kwargs, task_id=unsent.task_id, **_options(unsent))
    if not made.is_sent:
        raise NotSent(
            f"{unsent.name}.apply_async() has sent no message with the id of the task to a queue of the app."
        )


def _options(unsent: Unsent) -> dict[str, Any]:
    """What was chosen at the submission, as `apply_async` takes it."""
    options = dict(unsent.options)
    if unsent.expires:
        options["expires"] = datetime.fromisoformat(unsent.expires)
    if unsent.headers:
        options["headers"] = unsent.headers
    return options


@contextmanager
def _made(task_id: str) -> Iterator[Making]:
    made = Making(task_id)
    mark = making.set(made)
    try:
        yield made
    finally:
        making.reset(mark)


@contextmanager
def _trace(headers: dict[str, str]) -> Iterator[None]:
    """Continue the trace of the request where OpenTelemetry would begin another one."""
    if "opentelemetry" not in sys.modules or not headers:
        yield
        return
    from opentelemetry import context, propagate  # noqa: PLC0415 - only where the app has it

    token = context.attach(propagate.extract(headers))
    try:
        yield
    finally:
        context.detach(token)


def _fail(ledger: AppLedger, unsent: Unsent, error: BaseException) -> None:
    failure = failure_of(error)
    ledger.consumer.drop(
        unsent.task_id,
        state=State.FAILED,
        failure=failure,
        document=_document(unsent.task_id, failure, type(error).__module__),
        unsent=True,
    )


def _document(task_id: str, failure: Failure, module: str) -> bytes:
    """As Celery stores a failed task."""
    result = {"exc_type": failure.type, "exc_message": [failure.message], "exc_module": module}
    meta: dict[str, Any] = {"status": "FAILURE", "result": result, "traceback": None, "children": []}
    return json.dumps({**meta, "date_done": datetime.now(UTC).isoformat(), "task_id": task_id}).encode()
