"""Makes the request that submits a task."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, TypeAlias
from uuid import UUID

from celeriac.client.errors import InputNotJSON
from celeriac.client.wire.file_values import may_have_files, split_files
from celeriac.client.wire.json_text import input_json
from celeriac.client.wire.request import Request, path_of
from celeriac.client.wire.trace import trace_headers
from celeriac.values.json.result_references import BATCH, REFERENCE, places
from celeriac.values.reserved_names import RESERVED_NAMES

JSON = "application/json"
# How the tasks must end that another one waits for.
When: TypeAlias = Literal["succeeded", "failed", "ended"]
Priority: TypeAlias = Literal["high", "normal", "low"]


class HasID(Protocol):
    """The handle of a task."""

    @property
    def id(self) -> str:
        """The task's id."""


Other: TypeAlias = str | UUID | HasID


class Rules(Protocol):
    """`Unique`, `Concurrency`, `Throttle` or `Debounce` of `celeriac`."""

    def model_dump(self, *, by_alias: bool = ...) -> dict[str, Any]:
        """The members."""


# The same as a mapping: {"key": "/tenant", "limit": 4}.
FlowOption: TypeAlias = Mapping[str, Any] | Rules
# Who is notified of an end: a URL, or {"url": …, "on": […]}.
Notified: TypeAlias = str | Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """When and where a task runs, and what makes its submission the same as another one."""

    delay: float | timedelta | None = None
    eta: datetime | str | None = None
    expires: float | timedelta | None = None
    idempotency_key: str | None = None
    task_id: str | UUID | None = None
    after: Other | Iterable[Other] | None = None
    when: When | None = None
    queue: str | None = None
    priority: Priority | None = None
    fair: str | None = None
    tags: str | Iterable[str] | None = None
    unique: FlowOption | None = None
    debounce: FlowOption | None = None
    concurrency: FlowOption | None = None
    throttle: FlowOption | None = None
    notify: Notified | Iterable[Notified] | None = None

    def single(self) -> dict[str, Any]:
        """Those that are one word or number: parameters of a query, or members of a body."""
        members = {
            "delay": seconds_of(self.delay),
            "eta": time_of(self.eta),
            "expires": seconds_of(self.expires),
            "queue": self.queue,
            "priority": self.priority,
            "fair": self.fair,
        }
        return {name: value for name, value in members.items() if value is not None}

    def each_tag(self) -> list[str]:
        """The tags; one alone counts as one."""
        return [self.tags] if isinstance(self.tags, str) else list(self.tags or ())

    def beside_input(self) -> dict[str, Any]:
        """The members of a body that names its task: ids can be too many for a query, and objects have no place there."""
        members = {
            "after": None if self.after is None else ids_of(self.after),
            "when": self.when,
            "unique": self.unique,
            "debounce": self.debounce,
            "concurrency": self.concurrency,
            "throttle": self.throttle,
            "notify": None if self.notify is None else _notifications(self.notify),
        }
        return {name: value for name, value in members.items() if value is not None}


def ids_of(others: Other | Iterable[Other]) -> list[str]:
    """The ids of tasks, which are handles or ids; one alone counts as one."""
    if isinstance(others, str | UUID):
        return [str(others)]
    if isinstance(others, Iterable):
        return [task_id for dependency in others for task_id in ids_of(dependency)]
    return [others.id]


def _notifications(notify: Notified | Iterable[Notified]) -> list[Mapping[str, Any]]:
    targets: Iterable[Any] = [notify] if isinstance(notify, str | Mapping) else notify
    return [{"url": target} if isinstance(target, str) else target for target in targets]


NO_OPTIONS = Options()


def submission(
    name: str,
    task_input: Mapping[str, Any] | None,
    fields: Mapping[str, Any],
    options: Options,
    *,
    wait: int = 0,
) -> Request:
    """The request; with the same options and input, it can be sent again and creates no second task."""
    if name in RESERVED_NAMES:
        raise ValueError(f"{name!r} is an address of the API and cannot be the name of a task.")
    whole, form = whole_input(task_input, fields), None
    if may_have_files(whole) and _fits_a_form(options):
        whole, form = split_files(name, whole)
    body = b"" if form else input_json(whole, f"The input of {name!r}")
    if REFERENCE.encode() in body:
        options = _after_references(options, body)
    query = () if options is NO_OPTIONS else _query(options)
    if options.task_id is not None:
        return _under_id(name, body, query, options, wait)
    key = new_key() if options.idempotency_key is None else options.idempotency_key
    headers = {"Content-Type": JSON, "Idempotency-Key": key, **trace_headers()}
    if options is not NO_OPTIONS and (beside := options.beside_input()):
        return Request("POST", path_of("tasks", query=query), headers, _named(name, body, beside), wait)
    if form:
        return Request(
            "POST", path_of(name, query=query), headers | {"Content-Type": form.content_type}, form, wait
        )
    return Request("POST", path_of(name, query=query), headers, body, wait)


def _fits_a_form(options: Options) -> bool:
    """Whether the options are no members of a body, which is JSON."""
    return options is NO_OPTIONS or (options.task_id is None and not options.beside_input())


def _after_references(options: Options, body: bytes) -> Options:
    """The task runs after those to whose results its input refers."""
    named: list[Any] = [value.get(REFERENCE, value.get(BATCH)) for _, value in places(json.loads(body))]
    ids = [task_id for task_id in named if _is_id(task_id)]
    if not ids:
        return options
    others = [] if options.after is None else ids_of(options.after)
    return replace(options, after=list(dict.fromkeys([*others, *ids])))


def _is_id(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(UUID(value))
    except ValueError:
        return False


def new_key() -> str:
    """An idempotency key that nobody else has."""
    return os.urandom(16).hex()


def whole_input(task_input: Mapping[str, Any] | None, fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """The input and the fields as one."""
    if task_input is None:
        return fields
    if not isinstance(task_input, Mapping):
        raise InputNotJSON(
            f"An input is a mapping of the names of parameters, like {{'x': 4, 'y': 5}}, and not {task_input!r:.80}."
        )
    if both := task_input.keys() & fields:
        raise TypeError(f"{', '.join(sorted(both))}: given in the input, and again as a field.")
    return {**task_input, **fields} if fields else task_input


def _under_id(
    name: str, body: bytes, query: tuple[tuple[str, str], ...], options: Options, wait: int
) -> Request:
    if options.idempotency_key is not None:
        raise TypeError("A task_id is the idempotency key: leave the other one out.")
    named = _named(name, body, options.beside_input())
    headers = {"Content-Type": JSON, **trace_headers()}
    return Request("PUT", path_of("tasks", str(options.task_id), query=query), headers, named, wait)


def _named(name: str, body: bytes, beside: Mapping[str, Any]) -> bytes:
    """A body that names its task, with further members."""
    others = b",%b" % input_json(beside, f"An option of {name!r}")[1:] if beside else b"}"
    return b'{"name":%b,"input":%b%b' % (json.dumps(name).encode(), body, others)


def _query(options: Options) -> tuple[tuple[str, str], ...]:
    single = ((name, str(value)) for name, value in options.single().items())
    return (*single, *(("tags", tag) for tag in options.each_tag()))


def seconds_of(duration: float | timedelta | None) -> float | None:
    """A duration as the API takes it."""
    if duration is None:
        return None
    return duration.total_seconds() if isinstance(duration, timedelta) else duration


def time_of(moment: datetime | str | None) -> str | None:
    """A time as the API takes it."""
    if isinstance(moment, datetime):
        if moment.tzinfo is None:
            raise ValueError(f"eta={moment!r} has no time zone: use datetime.now(UTC), for example.")
        return moment.isoformat()
    return moment
