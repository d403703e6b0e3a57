"""Lets Celery itself write the message of a task, into a channel that never connects.

What it writes becomes a template, which the API fills for each task: the same format as `envelope` in
celeriac/ledger/protocol/message.py. It is one only where no code of the app sees the arguments while a message is made.
"""

import base64
import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from inspect import unwrap
from typing import Any

from celery import signals
from celery.app.task import Task
from kombu import Producer
from kombu.transport.redis import Channel
from kombu.utils.json import dumps

from celeriac_worker.existing_app.publishing.independence import called_by, dependence, is_instrumentation
from celeriac_worker.existing_app.state import ledger_of

ORIGIN = "celeriac"
# Six bytes, and then the input in threes, as in celeriac/ledger/protocol/message.py.
_BODY_HEAD = b"[[],  "
_ID, _INPUT, _EXPIRES, _STAMP, _TRACE = "\0id", "\0input", "\0expires", "\0stamp", "\0trace"
_PLACES = [_STAMP, _INPUT, _ID, _EXPIRES, _ID, _TRACE, _ID, _ID, _ID]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A message as kombu has it, and where it goes: the queue, and the list of Redis that holds its priority."""

    message: dict[str, Any]
    queue: str
    list: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where the messages of a task go. `list` is None where it is the queue itself, `priority` where none is set."""

    queue: str
    list: str | None
    priority: int | None


class NoRecord(Exception):
    """Celery wrote no message that goes to one queue; the text says why."""


def template_of(app: Any, task: Any) -> str | None:
    """The message of a task as a format with the places of `message_of` in record.lua; None if only the app can make it."""
    ledger = ledger_of(app)
    if dependence(app, task, static=ledger is not None and ledger.is_static(task.name)):
        return None
    try:
        return _template(recorded(app, task, _ID).message)
    except NoRecord:
        return None


def place_of(app: Any, task: Any) -> Place:
    """Where the messages of a task go when no argument decides it, by the routes of the app."""
    try:
        record = recorded(app, task, _ID)
    except Exception:  # noqa: BLE001 - a router of the app may need arguments: then the queue is known later
        return Place(app.conf.task_default_queue, None, None)
    priority = record.message["properties"]["priority"]
    return Place(record.queue, record.list if record.list != record.queue else None, priority or None)


def recorded(app: Any, task: Any, task_id: str, kwargs: dict[str, Any] | None = None) -> Recorded:
    """What stock Celery would send for this task. Nothing is sent, and nobody is told. Raises `NoRecord`."""
    producer = _RecordingProducer(app)
    with ExitStack() as stack:
        stack.enter_context(_without_typing(task))
        stack.enter_context(_without_waiting_for_results(app.backend))
        stack.enter_context(_without_instrumentation())
        unwrap(Task.apply_async)(task, kwargs=kwargs or {}, task_id=task_id, producer=producer, retry=False)
    if producer.recorded is None:
        raise NoRecord(f"The task {task.name} sends no message to a queue.")
    return producer.recorded


class _Recorder(Channel):  # type: ignore[misc]  # kombu has no types
    """A channel of the Redis transport that connects to nothing, and keeps the message."""

    def __init__(self, options: dict[str, Any]) -> None:
        """The transport options of the app decide priorities and names of lists."""
        self.closed = True  # for kombu, which closes what is left open
        self.recorded: Recorded | None = None
        for name in self.from_transport_options:
            if name in options:
                setattr(self, name, options[name])

    def basic_publish(self, message: dict[str, Any], exchange: str, routing_key: str, **_: Any) -> None:
        """Keep it. What follows, such as Celery's event `task-sent`, is left out."""
        if self.recorded:
            return
        if exchange:
            raise NoRecord(f"Its messages go to the exchange {exchange!r}.")
        self._inplace_augment_message(message, exchange, routing_key)
        priority = self._get_message_priority(message, reverse=False)
        name = f"{self.global_keyprefix}{self._q_for_pri(routing_key, priority)}"
        self.recorded = Recorded(message, routing_key, name)


class _RecordingProducer(Producer):  # type: ignore[misc]  # likewise
    """A producer whose connection stays closed."""

    def __init__(self, app: Any) -> None:
        """Of the kind that the app makes, but for the channel."""
        connection = app.connection_for_write()
        self._recorder = _Recorder(connection.transport_options or {})
        super().__init__(self._recorder, auto_declare=False, serializer=app.conf.task_serializer)
        self.__connection__ = connection

    @property
    def recorded(self) -> Recorded | None:
        """What was published last."""
        return self._recorder.recorded

    @property
    def connection(self) -> Any:
        """Never opened; Celery asks it for its errors."""
        return self.__connection__

    def maybe_declare(self, entity: Any, retry: bool = False, **policy: Any) -> None:  # noqa: FBT001, FBT002 - kombu's own
        """Nothing to declare."""


def _template(message: dict[str, Any]) -> str | None:
    body, properties = _body(message), dict(message["properties"])
    if body is None:
        return None
    properties.pop("expiration", None)
    whole = {
        "stamp": _STAMP,
        **message,
        "body": body,
        "headers": {
            **message["headers"],
            "expires": _EXPIRES,
            # Constant, so that no argument ever reaches a worker's log.
            "argsrepr": "()",
            "kwargsrepr": "{...}",
            "origin": ORIGIN,
            _TRACE: None,
        },
        "properties": {**properties, "reply_to": _ID, "delivery_tag": _ID},
    }
    text = dumps(whole)
    if re.findall(r"\\u0000[a-z]+", text) != [json.dumps(place)[1:-1] for place in _PLACES]:
        return None
    text = text.replace("%", "%%")
    for field in (f", {json.dumps(_TRACE)}: null", json.dumps(_STAMP), json.dumps(_EXPIRES)):
        text = text.replace(field, "%s")
    for field in (json.dumps(_ID), json.dumps(_INPUT)):
        text = text.replace(field[1:-1], "%s")
    return str(text)


def _body(message: dict[str, Any]) -> str | None:
    """The body with a place for the input; None if it is not JSON in base64."""
    if message["content-type"] != "application/json" or message["properties"]["body_encoding"] != "base64":
        return None
    if "compression" in message["headers"]:
        return None
    *_, embed = json.loads(base64.b64decode(message["body"]))
    tail = f", {dumps(embed)}]".encode()
    return f"{base64.b64encode(_BODY_HEAD).decode()}{_INPUT}{base64.b64encode(tail).decode()}"


@contextmanager
def _without_typing(task: Any) -> Iterator[None]:
    """Celery compares no arguments with the signature: there are none."""
    stands = "typing" in vars(task)
    before, task.typing = task.typing, False
    try:
        yield
    finally:
        if stands:
            task.typing = before
        else:
            del task.typing


@contextmanager
def _without_waiting_for_results(backend: Any) -> Iterator[None]:
    """The backend does not subscribe to a result that never comes."""
    backend.on_task_call = lambda *_: None
    try:
        yield
    finally:
        del backend.on_task_call


@contextmanager
def _without_instrumentation() -> Iterator[None]:
    """Receivers that add a trace see nothing, and what follows a message does not happen."""
    with ExitStack() as stack:
        stack.enter_context(
            _only(signals.before_task_publish, lambda receiver: not is_instrumentation(receiver))
        )
        for signal in (signals.after_task_publish, signals.task_sent):
            stack.enter_context(_only(signal, lambda _: False))
        yield


@contextmanager
def _only(signal: Any, keep: Callable[[Any], bool]) -> Iterator[None]:
    with signal.lock:
        before = signal.receivers
        signal.receivers = [entry for entry in before if keep(called_by(entry))]
    try:
        yield
    finally:
        with signal.lock:
            signal.receivers = before
