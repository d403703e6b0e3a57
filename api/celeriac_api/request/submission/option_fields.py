"""Describes every option of a submission once, for bodies and for queries."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, get_type_hints

from annotated_types import Ge, Le
from fastapi import Query
from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field, StringConstraints, ValidationInfo

from celeriac.contract.options.flow import (
    FLOW_OPTIONS,
    NO_FLOW,
    Concurrency,
    Debounce,
    Flow,
    Key,
    Throttle,
    Unique,
)
from celeriac.ledger.model.dependencies import MOST_AFTER, When
from celeriac.values.states import Priority
from celeriac_api.request.body import invalid_input
from celeriac_api.request.parameter_types import Tag, misfit, moment
from celeriac_api.request.submission.notify import Notify, notifications
from celeriac_api.request.submission.options import SubmissionOptions
from celeriac_api.request.task_id import UUID

LONGEST_SECONDS = 366 * 24 * 3600
MOST_TAGS = 10
_SECONDS = re.compile(r"\d{1,30}(\.\d{1,30})?([eE][+-]?\d{1,3})?", re.ASCII)


def _seconds(text: str) -> float:
    if not _SECONDS.fullmatch(text) or float(text) > LONGEST_SECONDS:
        raise misfit(f"should be a number of seconds from 0 to {LONGEST_SECONDS}")
    return float(text)


def _when(text: str) -> When:
    try:
        return When(text)
    except ValueError as wrong:
        raise misfit(f"should be one of {', '.join(When)}") from wrong


def _priority(text: str) -> Priority:
    try:
        return Priority(text)
    except ValueError as wrong:
        raise misfit(f"should be one of {', '.join(Priority)}") from wrong


def _some(ids: Any) -> Any:
    if ids == []:
        raise misfit("should have an item, or be left out")
    return ids


def _reader(read_text: Callable[[str], Any]) -> BeforeValidator:
    """In a query, all is text; in a body, a value has a type of JSON's."""

    def read(value: Any, info: ValidationInfo) -> Any:
        if info.mode == "json":
            return moment(value) if read_text is moment and isinstance(value, str) else value
        return read_text(value)

    return BeforeValidator(read)


# The value of an option that is absent. No type allows it: null is refused.
ABSENT: Any = None

_Seconds = Annotated[float, Ge(0), Le(LONGEST_SECONDS), _reader(_seconds)]
Delay = Annotated[
    _Seconds,
    Query(
        description="How many seconds to wait before the task is queued. Until then it is `scheduled`. Not with `eta`."
    ),
]
ETA = Annotated[
    AwareDatetime,
    _reader(moment),
    Query(description="When the task is queued (ISO 8601 with an offset). A time in the past means now."),
]
Expires = Annotated[
    _Seconds,
    Query(description="The task must start within this many seconds; otherwise it ends as `expired`."),
]
After = Annotated[
    list[Annotated[str, StringConstraints(pattern=UUID, to_lower=True)]],
    BeforeValidator(_some),
    Query(
        min_length=1,
        max_length=MOST_AFTER,
        description="The ids of tasks and batches that must end first; in a query, one each. Until then the task is `blocked`.",
    ),
]
Condition = Annotated[
    When,
    _reader(_when),
    Query(
        description="How the tasks in `after` must end: `succeeded` (the default), `failed` (without success) or `ended`."
    ),
]
QueueName = Annotated[
    str,
    StringConstraints(min_length=1),
    _reader(str),
    Query(
        description="The queue in which the task waits, in place of that of its definition: a queue of the catalog, or one that a "
        "live worker serves."
    ),
]


Tags = Annotated[
    list[Tag],
    Query(
        max_length=MOST_TAGS,
        description="Short words, by which lists of tasks can be filtered; in a query, one each.",
    ),
]


Urgency = Annotated[
    Priority,
    _reader(_priority),
    Query(description="Which tasks of a queue start first: `high`, `normal` (the default) or `low`."),
]
Fair = Annotated[
    Key,
    _reader(str),
    Query(
        description="Tasks with such a key take turns by it, so that many tasks of one key do not delay the first of another: a text, or "
        "a JSON pointer into the input, such as `/tenant`."
    ),
]


class OptionFields(BaseModel):
    """The options of a submission: members beside `name` and `input` in a body, or parameters of a query."""

    delay: Delay = ABSENT
    eta: ETA = ABSENT
    expires: Expires = ABSENT
    after: After = Field(default_factory=list)
    when: Condition = ABSENT
    queue: QueueName = ABSENT
    priority: Urgency = ABSENT
    fair: Fair = ABSENT
    tags: Tags = Field(default_factory=list)

    def given(self) -> dict[str, Any]:
        """The options that were given, by name."""
        return {name: getattr(self, name) for name in self.model_fields_set & NAMES}


class BodyOptions(OptionFields):
    """The same, with those that only a body can contain: they are objects."""

    unique: Unique = ABSENT
    debounce: Debounce = ABSENT
    throttle: Throttle = ABSENT
    concurrency: Concurrency = ABSENT
    notify: Notify = Field(default_factory=list)


NAMES = frozenset(BodyOptions.model_fields)


def documented_options() -> dict[str, Any]:
    """The fields of a model that describes a body with these options."""
    hints = get_type_hints(BodyOptions, include_extras=True)
    return {
        name: (hints[name], Field(default_factory=list) if field.default_factory else ABSENT)
        for name, field in BodyOptions.model_fields.items()
    }


def options_of(query: Mapping[str, Any], body: Mapping[str, Any]) -> SubmissionOptions:
    """The options that were given in a query and in a body, as values; 422 if they exclude each other."""
    options = {**body, **query}

    def refuse(name: str, sentence: str) -> None:
        place = f"?{name}" if name in query else f"/{name}"
        value = options[name].isoformat() if name == "eta" else options[name]
        raise invalid_input([(place, sentence, value)])

    for name in query.keys() & body.keys():
        refuse(name, "should be given once: it is in the body, too")
    if "eta" in options and "delay" in options:
        refuse("eta", "should not be given together with `delay`")
    if "eta" in options and options["eta"] - datetime.now(UTC) > timedelta(seconds=LONGEST_SECONDS):
        refuse("eta", "should be at most 366 days ahead")
    for name in ("delay", "eta"):
        if name in options and "debounce" in options:
            refuse(name, "should not be given together with `debounce`, which delays the task itself")
    if "when" in options and "after" not in options:
        refuse("when", "should be given together with `after`")
    flow = {name: options.pop(name) for name in FLOW_OPTIONS.keys() & options.keys()}
    return SubmissionOptions(
        **{name: _VALUES.get(name, _itself)(value) for name, value in options.items()},
        flow=Flow(**flow) if flow else NO_FLOW,
    )


def _duration(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def _each_once(items: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))


def _itself(value: Any) -> Any:
    return value


_VALUES: dict[str, Callable[[Any], Any]] = {
    "delay": _duration,
    "expires": _duration,
    "after": tuple,
    "tags": _each_once,
    "notify": notifications,
}
