"""A task definition: plain data, all of it JSON."""

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, ClassVar, Protocol

from pydantic import ConfigDict, TypeAdapter

from celeriac.contract.options.flow import NO_FLOW, Concurrency, Debounce, Flow, Throttle, Unique
from celeriac.values.kinds import Kind
from celeriac.values.states import Priority

HARD_MARGIN = timedelta(seconds=30)
SECONDS = ConfigDict(ser_json_timedelta="float")


@dataclass(frozen=True, kw_only=True)
class Retry:
    """When another attempt follows a failed one; `on` has the full names of errors, such as `builtins.OSError`."""

    __pydantic_config__: ClassVar = SECONDS

    on: tuple[str, ...]
    attempts: int
    backoff: timedelta
    max_backoff: timedelta


class QueueSettings(Protocol):
    """The settings that name the queues of the tasks that name none."""

    @property
    def default_queue(self) -> str:
        """Of plain tasks."""

    @property
    def async_queue(self) -> str:
        """Of async tasks."""


@dataclass(frozen=True, kw_only=True)
class Definition:
    """A task definition as plain data, without its function. All durations are seconds in JSON."""

    __pydantic_config__: ClassVar = SECONDS

    # In the API: `POST /{name}`.
    name: str
    # In Celery's messages.
    celery_name: str
    # Where it is declared.
    module: str
    # How its function is called; all but plain ones run in an event loop.
    kind: Kind = Kind.PLAIN
    # None: the queue that the settings name for its kind; `queue_in` has it.
    queue: str | None
    priority: Priority = Priority.NORMAL
    # The key by which its tasks take turns, or a pointer to it in their input.
    fair: str | None = None
    soft_time_limit: timedelta | None
    time_limit: timedelta | None
    retry: Retry | None
    summary: str
    description: str
    # JSON Schema of input and result.
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]
    # The parameters whose values nobody is shown.
    hidden: tuple[str, ...]
    # Inputs that work.
    examples: tuple[dict[str, Any], ...]
    # What holds its tasks back, where the submission does not say it itself.
    unique: Unique | None = None
    debounce: Debounce | None = None
    throttle: Throttle | None = None
    concurrency: Concurrency | None = None
    # The Celery app of a team that declares it, by its `main`, or else its module; None: `@task` does.
    app: str | None = None
    # Of an existing app: what Celery's message is, but for the places that record.lua fills. None: a worker of the app makes it.
    template: str | None = None
    # kombu's list in Redis, where that is not the queue's name, as it is not for other priorities than 0.
    list: str | None = None
    # Other names: `POST /{alias}` is the same route.
    aliases: tuple[str, ...] = ()
    # Whether Celery keeps no result of its tasks.
    ignore_result: bool = False
    # How often a worker starts its tasks, as Celery writes it: "10/s".
    rate_limit: str | None = None
    # The number from 0 to 9 (kombu: 0 starts first) that an existing app gives its tasks.
    celery_priority: int | None = None
    # Whether its model has validators that its JSON Schema cannot express, so that a worker may find an input not valid.
    checked_by_worker: bool = False
    # Why it is shown and not offered.
    refusal: str | None = None

    @classmethod
    def from_json(cls, document: object) -> "Definition":
        """The definition from which `to_json` made this document. Unknown members are left out.

        `ValueError` names the member that is missing or has the wrong type.
        """
        definition: Definition = _adapter().validate_python(document)
        return definition

    def to_json(self) -> dict[str, Any]:
        """This definition as JSON values."""
        document: dict[str, Any] = _adapter().dump_python(self, mode="json")
        return document

    @property
    def flow(self) -> Flow:
        """What holds its tasks back; `NO_FLOW` if nothing does."""
        options = self.unique, self.debounce, self.throttle, self.concurrency
        return Flow(*options) if any(options) else NO_FLOW

    @property
    def digest(self) -> str:
        """A hash of all members: the same in every process, and different after any change.

        Without those at their defaults, so that a version that adds a member makes the same hash.
        """
        members = {
            name: value
            for name, value in self.to_json().items()
            if getattr(self, name) != self.__dataclass_fields__[name].default
        }
        canonical = json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode(errors="surrogatepass")).hexdigest()

    @property
    def is_async(self) -> bool:
        """Whether its tasks run in an event loop, and not in a pool."""
        return self.kind is not Kind.PLAIN

    @property
    def is_stream(self) -> bool:
        """Whether its function yields its result in parts."""
        return self.kind is Kind.GENERATOR

    def queue_in(self, settings: QueueSettings) -> str:
        """The queue in which its tasks wait: its own, or the one that these settings name for its kind."""
        return self.queue or (settings.async_queue if self.is_async else settings.default_queue)

    @property
    def required(self) -> tuple[str, ...]:
        """The names of the parameters that an input must have."""
        return tuple(self.input_schema.get("required", ()))

    def time_limits(self, default_soft: timedelta) -> tuple[timedelta, timedelta | None]:
        """The hard limit and the soft limit (None: none), with `default_soft` if the task sets neither."""
        soft = self.soft_time_limit
        if self.time_limit is not None:
            return self.time_limit, soft
        soft = soft or default_soft
        return soft + HARD_MARGIN, soft


@cache
def _adapter() -> TypeAdapter[Any]:
    """Made when it is first needed: it takes a few milliseconds, and few processes read or write definitions."""
    return TypeAdapter(Definition)
