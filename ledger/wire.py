"""Celery's message protocol 2 as kombu's Redis transport carries it: pure functions from a submission to bytes.

Sources: https://docs.celeryq.dev/en/stable/internals/protocol.html (version 2) and kombu/transport/virtual/base.py;
tests/conformance/ holds every field to what stock Celery publishes and reads.
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from ledger.trace import Trace, parsed_trace

ORIGIN = "celeriac"
# kombu reads an object of exactly these two members as a value of another type.
TYPED_VALUE = frozenset(("__type__", "__value__"))
# Arguments, keyword arguments, embedded options (callbacks, errbacks, chain, chord), as Celery's protocol has them.
_BODY_HEAD = b"[[], "
_BODY_TAIL = b', {"callbacks": null, "errbacks": null, "chain": null, "chord": null}]'
_ID = "\0id\0"
_BODY = "\0body\0"
_EXPIRY = re.compile(rb'"expires": "[^"]*"')
_HEADERS_END = b'"stamps": {}'
_TRACE = re.compile(rb', "traceparent": "[^"]*"(, "tracestate": "([^"\\]|\\.)*")?')


@dataclass(frozen=True, slots=True)
class Envelope:
    """All of a message but the task's id and input: prepared once for a definition, joined for each task."""

    parts: tuple[bytes, ...]

    def message(self, task_id: str, input_json: bytes) -> bytes:
        """The bytes to LPUSH. `input_json` is the JSON object of the task's keyword arguments, UTF-8."""
        body = base64.b64encode(_BODY_HEAD + input_json + _BODY_TAIL)
        return body.join((self.parts[0], task_id.encode().join(self.parts[1:])))


def envelope(*, task: str, queue: str, time_limit: timedelta, soft_time_limit: timedelta | None) -> Envelope:
    """Prepare the message of a task definition on a queue, with its time limits."""
    message = {
        "body": _BODY,
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {
            "lang": "py",
            "task": task,
            "id": _ID,
            "shadow": None,
            "eta": None,
            "expires": None,
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
        },
        "properties": {
            "correlation_id": _ID,
            "reply_to": _ID,
            "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": queue},
            "priority": 0,
            "body_encoding": "base64",
            "delivery_tag": _ID,
        },
    }
    head, tail = json.dumps(message).split(json.dumps(_BODY)[1:-1])
    return Envelope((head.encode(), *(part.encode() for part in tail.split(json.dumps(_ID)[1:-1]))))


def stamped(message: bytes, stamp: int) -> bytes:
    """The message with the stamp of its push in front, as record.lua does it where queues and records share a server."""
    return b'{"stamp": %d, %b' % (stamp, message[1:])


def renamed(message: bytes, old_id: str, new_id: str) -> bytes:
    """The same message for another task. An id cannot occur in the body: base64 knows no hyphen."""
    return message.replace(old_id.encode(), new_id.encode())


def with_expiry(message: bytes, moment: str) -> bytes:
    """The same message, which a worker that knows no records drops after this moment (ISO 8601)."""
    return message.replace(b'"expires": null', b'"expires": "%b"' % moment.encode(), 1)


def without_expiry(message: bytes) -> bytes:
    """The same message without the moment that `with_expiry` has set: what is run again has all the time."""
    return _EXPIRY.sub(b'"expires": null', message, count=1)


def with_trace(message: bytes, trace: Trace) -> bytes:
    """The same message as a part of this trace, as OpenTelemetry's instrumentation of Celery reads it; of no other."""
    headers = f', "traceparent": "{trace.traceparent}"'
    if trace.tracestate:
        headers += f', "tracestate": {json.dumps(trace.tracestate)}'
    without = _TRACE.sub(b"", message, count=1)
    return without.replace(_HEADERS_END, _HEADERS_END + headers.encode(), 1)


def trace_of(message: bytes) -> Trace | None:
    """The trace that `with_trace` has set."""
    headers = json.loads(message)["headers"]
    return parsed_trace(headers.get("traceparent", ""), headers.get("tracestate", ""))


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


def _broadcast(method: str, arguments: Mapping[str, Any], **more: Any) -> bytes:
    """A command of remote control to all workers (celery/app/control.py, kombu/pidbox.py)."""
    command = {
        "method": method,
        "arguments": arguments,
        "destination": None,
        "pattern": None,
        "matcher": None,
        **more,
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


def input_of(message: bytes) -> bytes:
    """The input inside a message that `Envelope.message` made, byte for byte."""
    body = base64.b64decode(json.loads(message)["body"])
    return body[len(_BODY_HEAD) : -len(_BODY_TAIL)]
