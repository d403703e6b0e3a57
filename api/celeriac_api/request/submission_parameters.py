"""The parameters of a submission, as a request contains them."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Self

from fastapi import Header, Query
from pydantic import BeforeValidator, Field, StringConstraints, model_validator
from pydantic.json_schema import SkipJsonSchema

from celeriac.ledger.model.dependencies import When
from celeriac.ledger.model.trace import Trace, parsed_trace
from celeriac_api.request.body import invalid_input
from celeriac_api.request.options import NO_OPTIONS, Key, SubmissionOptions
from celeriac_api.request.parameter_types import Moment, misfit
from celeriac_api.request.parameters import Parameters
from celeriac_api.request.task_id import UUID, OfTask
from celeriac_api.request.wait import WaitParameters

LONGEST_SECONDS = 366 * 24 * 3600
_SECONDS = re.compile(r"\d{1,30}(\.\d{1,30})?([eE][+-]?\d{1,3})?", re.ASCII)
_KEY = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?")


def _seconds(text: str) -> float:
    if not _SECONDS.fullmatch(text) or float(text) > LONGEST_SECONDS:
        raise misfit(f"should be a number of seconds from 0 to {LONGEST_SECONDS}")
    return float(text)


def _key(text: str) -> str:
    """An empty one is there, and wrong."""
    if not _KEY.fullmatch(text):
        raise misfit("should be 1 to 255 printable ASCII characters")
    return text


def _when(text: str) -> When:
    try:
        return When(text)
    except ValueError as wrong:
        raise misfit(f"should be one of {', '.join(When)}") from wrong


Seconds = Annotated[
    Annotated[float, Field(ge=0, le=LONGEST_SECONDS)] | SkipJsonSchema[None], BeforeValidator(_seconds)
]
Delay = Annotated[
    Seconds,
    Query(description="How many seconds to wait before the task is queued. Until then it is `scheduled`."),
]
ETA = Annotated[
    Moment,
    Query(description="When the task is queued (ISO 8601 with an offset). A time in the past means now."),
]
Expires = Annotated[
    Seconds,
    Query(description="The task must start within this many seconds; otherwise it ends as `expired`."),
]
After = Annotated[
    list[Annotated[str, StringConstraints(pattern=UUID, to_lower=True)]],
    Query(
        description="The id of a task that must end first; repeat it for several. Until then the task is `blocked`."
    ),
]
Condition = Annotated[
    When | SkipJsonSchema[None],
    BeforeValidator(_when),
    Query(
        description="How the tasks in `after` must end: `succeeded` (the default), `failed` (without success) or `ended`."
    ),
]
IdempotencyKey = Annotated[
    Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$")]
    | SkipJsonSchema[None],
    BeforeValidator(_key),
    Header(
        description="At most 255 ASCII characters. A request with the same key and the same submission creates no second "
        "task: it gets the first answer again, with `Idempotent-Replayed: true`."
    ),
]
Traceparent = Annotated[
    str | SkipJsonSchema[None],
    Header(
        description="The trace of the caller (W3C Trace Context). The task continues this trace, with its `tracestate`. "
        "A malformed value is ignored.",
        examples=["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"],
    ),
]
# Means nothing by itself, so OpenAPI does not list it.
Tracestate = Annotated[str | SkipJsonSchema[None], Header(include_in_schema=False)]


class Traced(Parameters):
    """The trace of a new task."""

    traceparent: Traceparent = None
    tracestate: Tracestate = None

    @property
    def trace(self) -> Trace | None:
        """The trace; None if there is none, or a malformed or repeated one. Several `tracestate` are one list."""
        return parsed_trace(self.traceparent, self.tracestate or "") if self.traceparent else None


class Keyed(Parameters):
    """The key by which a repeated request is one task."""

    idempotency_key: IdempotencyKey = None

    def key(self, owner: str) -> Key | None:
        """The key, which belongs to its sender."""
        if self.idempotency_key is None:
            return None
        return Key(text=self.idempotency_key, owner=owner)


class Submitting(Traced, WaitParameters):
    """The parameters of every submission: when the task is to run, and how long the request waits for its end."""

    delay: Delay = None
    eta: ETA = None
    expires: Expires = None
    after: After = Field(default_factory=list)
    when: Condition = None

    @property
    def own_id(self) -> str | None:
        """The id that the client has chosen for the task, if any."""
        return None

    @model_validator(mode="after")
    def _check_when(self) -> Self:
        if self.when is not None and not self.after:
            raise invalid_input([("?when", "should be given together with `after`", self.when)])
        return self

    @model_validator(mode="after")
    def _check_eta(self) -> Self:
        if self.eta is None:
            return self
        if self.delay is not None:
            raise invalid_input([("?eta", "should not be given together with `delay`", self.eta.isoformat())])
        if self.eta - datetime.now(UTC) > timedelta(seconds=LONGEST_SECONDS):
            raise invalid_input([("?eta", "should be at most 366 days ahead", self.eta.isoformat())])
        return self

    def options(self, owner: str) -> SubmissionOptions | None:
        """The options as values; None if there are none, the usual case."""
        if not self.model_fields_set:
            return None
        options = SubmissionOptions(
            delay=_duration(self.delay),
            eta=self.eta,
            expires=_duration(self.expires),
            after=tuple(self.after),
            when=self.when or When.SUCCEEDED,
            trace=self.trace,
        )
        return None if options == NO_OPTIONS else options


class SubmissionParameters(Keyed, Submitting):
    """The parameters of `POST /{name}` and `POST /tasks`."""

    def options(self, owner: str) -> SubmissionOptions | None:
        """The options, including the key."""
        if not self.model_fields_set:
            return None
        options, key = super().options(owner), self.key(owner)
        return options if key is None else replace(options or NO_OPTIONS, key=key)


class PutParameters(Submitting, OfTask):
    """The parameters of `PUT /tasks/{task_id}`: the id is the key."""

    @property
    def own_id(self) -> str:
        """The id in the path."""
        return self.task_id


class RetryParameters(Keyed, Traced, OfTask):
    """The parameters of `POST /tasks/{task_id}/retry`."""


def _duration(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)
