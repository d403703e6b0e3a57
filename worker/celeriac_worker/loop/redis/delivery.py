"""Reads a message from a queue: which task it is about, and its input."""

import json
import os
import re
from base64 import b64decode
from binascii import a2b_base64
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

from celeriac.ledger.model.trace import Trace, parsed_trace
from celeriac.ledger.protocol.message import ORIGIN, REFERENCES, input_in
from celeriac_worker.intake.message_check import fault_of, fault_of_arguments

# Of the tokens of this process, which are random, and then count.
_BEGINNING = os.urandom(8).hex()
_numbers = count()
# A message as scripts make it (`message_of` in record.lua): stamp, body, and the rest, which has the id several times.
_OURS = re.compile(
    rb'\{"stamp": (-?\d{1,19}), "body": "([A-Za-z0-9+/]*={0,2})(", "content-encoding": .*)', re.DOTALL
)
_ID = re.compile(rb'"id": "([0-9a-f-]{36})"')


MOST_KNOWN = 1_000


@dataclass(slots=True)
class Delivery:
    """A task that was taken from a queue."""

    task_id: str
    name: str
    queue: str
    # As it was in the queue.
    raw: bytes
    # None: another program has sent it, and the ledger does not know it.
    token: str | None
    # Of the push of the message. Those that were put before all others have one below zero.
    stamp: int
    # The keyword arguments as a JSON object; positional ones have none of ours.
    input_json: bytes
    args: tuple[Any, ...]
    # Whether the input refers to results of other tasks.
    refers: bool
    hard_seconds: float | None
    soft_seconds: float | None
    trace: Trace | None
    retries: int = 0
    ignores_result: bool = False
    eta: datetime | None = None
    expires: datetime | None = None

    @property
    def is_ours(self) -> bool:
        """Whether it came through the API."""
        return self.token is not None

    @property
    def key(self) -> str:
        """Of this delivery alone: another program can send the same id twice."""
        return self.token or f"{self.task_id} {id(self)}"

    def keywords(self) -> dict[str, Any]:
        """The keyword arguments as JSON values."""
        values: dict[str, Any] = json.loads(self.input_json)
        return values


# Messages of ours by their queue and their rest without the id.
_templates: dict[tuple[str, bytes], Delivery] = {}


@dataclass(frozen=True, slots=True)
class Fault:
    """The message cannot be delivered, for this reason."""

    reason: str


def read_delivery(item: bytes, queue: str) -> Delivery | Fault:
    """What a message says. One that cannot be read is a `Fault`, whatever it is."""
    try:
        delivery = _read_known(item, queue)
        if delivery is not None:
            return delivery
        message = json.loads(item)
        fault = fault_of(message, brackets=item.count(b"{") + item.count(b"["))
        return _read(message, item, queue) if fault is None else Fault(fault)
    except Exception as wrong:  # noqa: BLE001 - whatever the message is, the process goes on
        return Fault(f"{type(wrong).__name__}: {wrong}")


def _read_known(item: bytes, queue: str) -> Delivery | None:
    """The same for a message that differs from one that was read before in stamp, input and id alone; None for any other.

    Most are such, and reading their JSON would take as long as all the rest.
    """
    match = _OURS.match(item)
    if match is None:
        return None
    stamp, body, rest = match.groups()
    own = _ID.search(rest)
    template = own and _templates.get((queue, rest.replace(own[1], b"")))
    if not own or not template:
        return None
    raw = a2b_base64(body)
    input_json = input_in(raw)
    if input_json is None or fault_of_arguments(raw):
        return None
    return Delivery(
        own[1].decode(), template.name, queue, item, _new_token(), int(stamp), input_json, (), template.refers, template.hard_seconds,
        template.soft_seconds, None,
    )  # fmt: skip


def _learn(delivery: Delivery) -> None:
    """Keep how a message of ours is read, if others will be like it."""
    match = _OURS.match(delivery.raw)
    own = _ID.search(match[3]) if match else None
    if (
        match
        and own
        and len(_templates) < MOST_KNOWN
        and delivery.trace is None
        and b'"expires": null' in match[3]
    ):
        template = replace(delivery, raw=b"", input_json=b"")  # which can be large
        _templates[delivery.queue, match[3].replace(own[1], b"")] = template


def _new_token() -> str:
    return f"{_BEGINNING}{next(_numbers):016x}"


def _read(message: dict[str, Any], item: bytes, queue: str) -> Delivery | Fault:
    headers, body = message["headers"], message["body"]
    for text in (headers["id"], headers["task"]):
        text.encode()  # JSON can escape half a character, which nobody can write
    is_ours, stamp = headers.get("origin") == ORIGIN, message.get("stamp")
    hard, soft = headers.get("timelimit") or (None, None)
    traceparent = headers.get("traceparent")
    raw_body = b64decode(body) if message["properties"].get("body_encoding") == "base64" else body.encode()
    input_json, args = input_in(raw_body), ()
    if input_json is None:
        read = _foreign_body(raw_body)
        if isinstance(read, Fault):
            return read
        args, input_json = read
    delivery = Delivery(
        headers["id"],
        headers["task"],
        queue,
        item,
        _new_token() if is_ours else None,
        stamp if type(stamp) is int else 0,
        input_json,
        args,
        bool(headers.get(REFERENCES)),
        hard,
        soft,
        parsed_trace(str(traceparent), str(headers.get("tracestate") or "")) if traceparent else None,
    )
    if is_ours:
        _learn(delivery)
    else:
        delivery.retries = int(headers.get("retries") or 0)
        delivery.ignores_result = bool(headers.get("ignore_result"))
        delivery.eta, delivery.expires = _moment(headers.get("eta")), _moment(headers.get("expires"))
    return delivery


def _foreign_body(raw: bytes) -> tuple[tuple[Any, ...], bytes] | Fault:
    """The positional arguments and the keyword arguments of a message of another program."""
    body = json.loads(raw)
    if not (
        isinstance(body, list) and len(body) == 3 and isinstance(body[0], list) and isinstance(body[1], dict)
    ):
        return Fault("its body is not arguments, keyword arguments and options")
    args, kwargs, embedded = body
    wants = [name for name in ("callbacks", "errbacks", "chain", "chord") if (embedded or {}).get(name)]
    if wants:
        return Fault(f"it has {' and '.join(wants)}, which an async task cannot have")
    return tuple(args), json.dumps(kwargs).encode()


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
