"""Celery's message protocol 2 as kombu's Redis transport carries it: pure functions.

Sources: https://docs.celeryq.dev/en/stable/internals/protocol.html (version 2) and kombu/transport/virtual/base.py;
tests/conformance/ holds every field to what stock Celery publishes and reads.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from celeriac.ledger.model.trace import Trace, parsed_trace

ORIGIN = "celeriac"
# Kombu's number of its least priority; most messages have 0, its highest one.
LOW = 9
# A header, and how the message of a task whose input refers to results goes on with it.
REFERENCES = "celeriac_references"
REFERS = f', "{REFERENCES}": true'
# kombu reads an object of exactly these two members as a value of another type.
TYPED_VALUE = frozenset(("__type__", "__value__"))
# Of an envelope, and of a definition.
_DIGEST_LENGTH, _MARK_LENGTH = 12, 8
# Arguments, keyword arguments, embedded options (callbacks, errbacks, chain, chord), as Celery's protocol has them. Six bytes,
# and then the input in threes: the base64 of the parts, one after the other, is that of the whole.
_BODY_HEAD = b"[[],  "
_BODY_TAIL = b', {"callbacks": null, "errbacks": null, "chain": null, "chord": null}]'
# Where a task's own values go; JSON writes the zeros as escapes, which occur nowhere else.
_ID, _INPUT, _EXPIRES, _STAMP, _TRACE = "\0id", "\0input", "\0expires", "\0stamp", "\0trace"


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message without the parts that belong to one task, as a format: Redis keeps it once, and completes it for each task.

    The places, in order: stamp, encoded input, id, expiry, id, headers of the trace, id, id, id (`message_of` in record.lua).
    """

    digest: str
    format: bytes

    def under(self, definition: str) -> "Envelope":
        """The same for tasks that are accepted under the definition with this hash, which their records then have.

        The digest of the envelope goes on with it, so that a record needs no further field.
        """
        return replace(self, digest=self.digest + definition_mark(definition))


def envelope(
    *, task: str, queue: str, time_limit: timedelta, soft_time_limit: timedelta | None, priority: int = 0
) -> Envelope:
    """Prepare the message of a task definition on a queue, with its time limits. The list in which it is pushed goes by its priority."""
    message = {
        "stamp": _STAMP,
        "body": f"{_base64(_BODY_HEAD)}{_INPUT}{_base64(_BODY_TAIL)}",
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {
            "lang": "py",
            "task": task,
            "id": _ID,
            "shadow": None,
            "eta": None,
            "expires": _EXPIRES,
            "group": None,
            "group_index": None,
            "retries": 0,
            "timelimit": [time_limit.total_seconds(), soft_time_limit and soft_time_limit.total_seconds()],
            "root_id": _ID,
            "parent_id": None,
            # Constant, so that no argument ever reaches a worker's log.
            "argsrepr": "()",
            "kwargsrepr": "{...}",
            "origin": ORIGIN,
            "ignore_result": False,
            "replaced_task_nesting": 0,
            "stamped_headers": None,
            "stamps": {},
            _TRACE: None,
        },
        "properties": {
            "correlation_id": _ID,
            "reply_to": _ID,
            "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": queue},
            "priority": priority,
            "body_encoding": "base64",
            "delivery_tag": _ID,
        },
    }
    text = json.dumps(message).replace("%", "%%")
    for field in (f", {json.dumps(_TRACE)}: null", json.dumps(_STAMP), json.dumps(_EXPIRES)):
        text = text.replace(field, "%s")
    for field in (json.dumps(_ID), json.dumps(_INPUT)):
        text = text.replace(field[1:-1], "%s")
    return Envelope(_base64(hashlib.sha256(text.encode()).digest()[:9]), text.encode())


def definition_mark(definition: str) -> str:
    """The first 48 bits of a definition's hash (hexadecimal)."""
    return _base64(bytes.fromhex(definition[:12]))


def mark_in(envelope: str) -> str | None:
    """The mark of the definition in the digest that a record has of its envelope; None where whoever made it gave none."""
    return envelope[_DIGEST_LENGTH:] if len(envelope) == _DIGEST_LENGTH + _MARK_LENGTH else None


def encoded_input(input_json: bytes) -> bytes:
    """The JSON object of a task's keyword arguments (UTF-8) as it is in the record and inside a message's body."""
    return base64.b64encode(input_json + b" " * (-len(input_json) % 3))


def decoded_input(encoded: bytes) -> bytes:
    """The JSON object again, byte for byte."""
    return base64.b64decode(encoded).rstrip(b" ")


def input_in(body: bytes) -> bytes | None:
    """The JSON object of the keyword arguments in the decoded body of one of our messages; None if another has made it."""
    if not (body.startswith(_BODY_HEAD) and body.endswith(_BODY_TAIL)):
        return None
    return body[len(_BODY_HEAD) : -len(_BODY_TAIL)]


def expires_at(moment: datetime) -> str:
    """The time after which a stock worker drops a message, in the form of its header."""
    return json.dumps(moment.isoformat())


def headers_of(trace: Trace) -> str:
    """Further headers of the message of a task that is part of a trace, as OpenTelemetry's instrumentation of Celery reads them."""
    headers = f', "traceparent": "{trace.traceparent}"'
    return headers + f', "tracestate": {json.dumps(trace.tracestate)}' if trace.tracestate else headers


def trace_of(headers: bytes) -> Trace | None:
    """The trace in further headers of a message, if it has one."""
    read = json.loads(b"{%b}" % headers.removeprefix(b", "))
    return parsed_trace(read["traceparent"], read.get("tracestate", "")) if "traceparent" in read else None


def revocation(task_id: str, *, terminate: bool) -> bytes:
    """What Celery's remote control broadcasts to revoke a task."""
    return _broadcast("revoke", {"task_id": task_id, "terminate": terminate, "signal": "SIGTERM"})


def question(method: str, arguments: Mapping[str, Any], *, ticket: str, reply_to: str) -> bytes:
    """What Celery's remote control broadcasts to ask every worker, but that answers go straight into the list `reply_to`.

    Celery has an exchange between, with a binding for each who asks, which stays behind when that one dies.
    """
    return _broadcast(method, arguments, ticket=ticket, reply_to={"exchange": "", "routing_key": reply_to})


def reply(message: bytes) -> tuple[str, dict[str, Any]]:
    """The ticket of an answer to `question`, and the answer, by the worker's name. Anything else is a kind of error."""
    envelope = json.loads(message)
    return str(envelope["headers"]["ticket"]), json.loads(base64.b64decode(envelope["body"]))


def _broadcast(method: str, arguments: Mapping[str, Any], **fields: Any) -> bytes:
    """A command of remote control to all workers (celery/app/control.py, kombu/pidbox.py)."""
    command = {
        "method": method,
        "arguments": arguments,
        "destination": None,
        "pattern": None,
        "matcher": None,
        **fields,
    }
    message = {
        "body": base64.b64encode(json.dumps(command).encode()).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"clock": 0, "expires": None},
        "properties": {
            "delivery_mode": 2,
            "delivery_info": {"exchange": "celery.pidbox", "routing_key": ""},
            "priority": 0,
            "body_encoding": "base64",
            "delivery_tag": str(uuid4()),
        },
    }
    return json.dumps(message).encode()


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
