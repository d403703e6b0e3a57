"""The parameters of a submission, as a request contains them."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from fastapi import Header
from pydantic import BeforeValidator, Field
from pydantic.json_schema import SkipJsonSchema

from celeriac.ledger.model.trace import Trace, parsed_trace
from celeriac_api.request.parameter_types import misfit
from celeriac_api.request.parameters import Parameters
from celeriac_api.request.submission.option_fields import OptionFields, options_of
from celeriac_api.request.submission.options import NO_OPTIONS, Key, SubmissionOptions
from celeriac_api.request.task_id import OfTask
from celeriac_api.request.wait import WaitParameters

_KEY = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?")


def _key(text: str) -> str:
    """An empty one is there, and wrong."""
    if not _KEY.fullmatch(text):
        raise misfit("should be 1 to 255 printable ASCII characters")
    return text


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


class Submitting(OptionFields, Traced, WaitParameters):
    """The parameters of every submission: its options, and how long the request waits for its end."""

    @property
    def own_id(self) -> str | None:
        """The id that the client has chosen for the task, if any."""
        return None

    def options(self, owner: str, of_body: Mapping[str, Any] | None = None) -> SubmissionOptions | None:
        """The options of query, headers and body as values; None if there are none, the usual case."""
        of_query = self.given() if self.model_fields_set else {}
        if not of_query and not of_body:
            return None if self.trace is None else SubmissionOptions(trace=self.trace)
        return replace(options_of(of_query, of_body or {}), trace=self.trace)


class SubmissionParameters(Keyed, Submitting):
    """The parameters of `POST /{name}` and `POST /tasks`."""

    def options(self, owner: str, of_body: Mapping[str, Any] | None = None) -> SubmissionOptions | None:
        """The options, including the key."""
        options, key = super().options(owner, of_body), self.key(owner)
        return options if key is None else replace(options or NO_OPTIONS, key=key)


class PutParameters(Submitting, OfTask):
    """The parameters of `PUT /tasks/{task_id}`: the id is the key."""

    @property
    def own_id(self) -> str:
        """The id in the path."""
        return self.task_id


class RetryParameters(Keyed, Traced, OfTask):
    """The parameters of `POST /tasks/{task_id}/retry`."""
