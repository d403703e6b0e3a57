"""What a submission may say beside its input: `delay`, `eta`, `expires`, `Idempotency-Key` and `traceparent`."""

import hashlib
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Header, Query
from pydantic import AwareDatetime, Field
from pydantic.json_schema import SkipJsonSchema
from starlette.requests import Request

from celeriac.ledger.model.submission import Options
from celeriac.ledger.model.trace import Trace, parsed_trace
from celeriac.settings import Settings
from celeriac_api.request.body import invalid_input
from celeriac_api.request.fields import FIELDS
from celeriac_api.request.parameters import asked_moment

KNOWN = ("wait", "delay", "eta", "expires")
LONGEST_SECONDS = 366 * 24 * 3600
_SECONDS = re.compile(r"\d{1,30}(\.\d{1,30})?([eE][+-]?\d{1,3})?", re.ASCII)
_KEY = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?")

Seconds = Annotated[float, Field(ge=0, le=LONGEST_SECONDS)]
Delay = Annotated[
    Seconds | SkipJsonSchema[None],
    Query(description="Seconds after which it is queued; until then it is `scheduled`."),
]
ETA = Annotated[
    AwareDatetime | SkipJsonSchema[None],
    Query(description="When it is queued (ISO 8601 with an offset); a moment that is past means at once."),
]
Expires = Annotated[
    Seconds | SkipJsonSchema[None],
    Query(description="Seconds in which it has to start; if it has not, it ends as `expired`."),
]
IdempotencyKey = Annotated[
    Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$")]
    | SkipJsonSchema[None],
    Header(
        description="At most 255 characters of ASCII. The same key with the same submission is one task, whose first "
        "answer is given again with `Idempotent-Replayed: true`."
    ),
]

Traceparent = Annotated[
    str | SkipJsonSchema[None],
    Header(
        description="The trace of the caller (W3C Trace Context), which the task goes on with; `tracestate` goes along. "
        "Ignored where it is malformed.",
        examples=["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"],
    ),
]


def asks_for_options(request: Request) -> bool:
    """Whether this request may have options: most have none."""
    fields = request.scope[FIELDS]
    return bool(request.scope["query_string"]) or b"idempotency-key" in fields or b"traceparent" in fields


def asked_options(request: Request, settings: Settings, name: str, input_json: bytes) -> Options | None:
    """The options of this request; None when it has none."""
    key, trace = _key(request), _trace(request)
    options = Options(delay=_delay(request), start_within=_duration(request, "expires"), trace=trace)
    if key is not None:
        fingerprint = fingerprint_of(request, name, input_json)
        return _with_key(options, request, settings, key=key, fingerprint=fingerprint)
    return options if options != Options() else None


def asked_retry_options(
    request: Request, settings: Settings, task_id: str, changed_input: bytes | None
) -> Options:
    """The options of a retry: the same key for the same task, and the same changed input if any, is one new task."""
    options = Options(retry_of=task_id, trace=_trace(request))
    key = _key(request)
    if key is None:
        return options
    whole = f"retry {task_id}" if changed_input is None else f"retry {task_id} {_canonical(changed_input)}"
    fingerprint = hashlib.sha256(whole.encode()).hexdigest()
    return _with_key(options, request, settings, key=key, fingerprint=fingerprint)


def fingerprint_of(request: Request, name: str, input_json: bytes) -> str:
    """Stands for a whole submission: the same name, input and options, however the JSON is spaced and ordered."""
    options = sorted((name, value) for name, value in request.query_params.multi_items() if name != "wait")
    whole = [name, json.loads(input_json), options]
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def _canonical(input_json: bytes) -> str:
    return json.dumps(json.loads(input_json), sort_keys=True)


def _key(request: Request) -> bytes | None:
    """The header as it came; an empty one is there, and wrong."""
    key: bytes | None = request.scope[FIELDS].get(b"idempotency-key")
    return key


def _trace(request: Request) -> Trace | None:
    """A `traceparent` that comes twice is malformed; several `tracestate` are one list."""
    if b"traceparent" not in request.scope[FIELDS]:
        return None
    traceparents = request.headers.getlist("traceparent")
    if len(traceparents) > 1:
        return None
    return parsed_trace(traceparents[0], ",".join(request.headers.getlist("tracestate")))


def _with_key(
    options: Options, request: Request, settings: Settings, *, key: bytes, fingerprint: str
) -> Options:
    digest = _digest_of(request, key)
    return replace(options, key=digest, fingerprint=fingerprint, key_ttl=settings.idempotency_ttl)


def _digest_of(request: Request, key: bytes) -> str:
    """Of the key and of who sends it: nobody gets the answer that was meant for another."""
    text = key.decode("latin-1")
    if not _KEY.fullmatch(text):
        raise invalid_input([("Idempotency-Key", "should be 1 to 255 printable characters of ASCII", text)])
    return hashlib.sha256(request.scope[FIELDS].get(b"authorization", b"") + b"\0" + key).hexdigest()


def _delay(request: Request) -> timedelta | None:
    delay, eta = _duration(request, "delay"), asked_moment(request, "eta")
    if eta is None:
        return delay or None
    if delay is not None:
        raise invalid_input([("?eta", "should not be given together with `delay`", eta.isoformat())])
    ahead = eta - datetime.now(UTC)
    if ahead > timedelta(seconds=LONGEST_SECONDS):
        raise invalid_input([("?eta", "should be at most 366 days ahead", eta.isoformat())])
    return ahead if ahead > timedelta(0) else None


def _duration(request: Request, name: str) -> timedelta | None:
    given = request.query_params.get(name)
    if given is None:
        return None
    if not _SECONDS.fullmatch(given) or float(given) > LONGEST_SECONDS:
        raise invalid_input(
            [(f"?{name}", f"should be a number of seconds from 0 to {LONGEST_SECONDS}", given)]
        )
    return timedelta(seconds=float(given))
