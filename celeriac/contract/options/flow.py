"""Options that hold tasks back by keys, as a submission or a definition contains them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from celeriac.values.durations import duration_of
from celeriac.values.rates import interval_of

LONGEST_KEY = 200
MOST_SLOTS, MOST_BURST = 100_000, 100_000
UNFINISHED = "unfinished"
SHORTEST, LONGEST = timedelta(milliseconds=100), timedelta(days=366)
_POINTER = re.compile(r"(/([^/~]|~[01])*)+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def _wrong(sentence: str) -> PydanticCustomError:
    return PydanticCustomError("flow", sentence)


def _key(text: str) -> str:
    if _CONTROL.search(text):
        raise _wrong("should have no control characters")
    if text.startswith("/") and not _POINTER.fullmatch(text):
        raise _wrong("should be a JSON pointer (RFC 6901), for it begins with '/'")
    return text


def _duration(text: str) -> str:
    try:
        duration = duration_of(text) if text.startswith("P") else timedelta(0)
    except ValueError:
        duration = timedelta(0)
    if not SHORTEST <= duration <= LONGEST:
        raise _wrong("should be a duration in ISO 8601 from PT0.1S to P366D, such as PT10S")
    return text


def _rate(text: str) -> str:
    try:
        interval_of(text)
    except ValueError as wrong:
        raise _wrong(str(wrong)) from wrong
    return text


def _period(text: str) -> str:
    return text if text == UNFINISHED else _duration(text)


# What `_key` and `_rate` check, for readers of the schema.
_KEY_PATTERN = r"^([^/\x00-\x1f\x7f][^\x00-\x1f\x7f]*|(/([^/~\x00-\x1f\x7f]|~[01])*)+)$"
_RATE_PATTERN = r"^([1-9][0-9]{0,4}|100000)/[smhd]$"
Key = Annotated[
    str,
    Field(
        min_length=1,
        max_length=LONGEST_KEY,
        description="A text, or a JSON pointer to a value of the input, such as `/tenant`.",
        json_schema_extra={"pattern": _KEY_PATTERN},
    ),
    AfterValidator(_key),
]
_DURATION_SCHEMA: dict[str, Any] = {"type": "string", "format": "duration", "maxLength": 64}
Duration = Annotated[str, Field(max_length=64), AfterValidator(_duration), WithJsonSchema(_DURATION_SCHEMA)]
Rate = Annotated[
    str,
    Field(max_length=64, examples=["100/m"], json_schema_extra={"pattern": _RATE_PATTERN}),
    AfterValidator(_rate),
]
Burst = Annotated[int, Field(ge=1, le=MOST_BURST)]
Period = Annotated[
    str,
    Field(max_length=64),
    AfterValidator(_period),
    WithJsonSchema({"anyOf": [{"const": UNFINISHED}, _DURATION_SCHEMA]}),
]


class FlowOption(BaseModel):
    """What these options have in common."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=True, serialize_by_alias=True)

    key: Key

    @property
    def rules(self) -> dict[str, Any]:
        """What it means beside the key: values of Python, by their names in the ledger."""
        return {}


class Unique(FlowOption):
    """At most one unfinished task has the key, or one in a time."""

    while_: Period = Field(
        UNFINISHED,
        validation_alias="while",
        serialization_alias="while",
        description="For how long the task has the key: until its end (`unfinished`), or a duration (ISO 8601), such as PT1H.",
    )
    else_: Literal["return", "refuse", "replace"] = Field(
        "return",
        validation_alias="else",
        serialization_alias="else",
        description="If another task has the key: `return` returns that task, `refuse` refuses, `replace` cancels that task and "
        "accepts the new one.",
    )

    @property
    def period(self) -> timedelta | None:
        """For how long the task has the key; None until its end."""
        return None if self.while_ == UNFINISHED else duration_of(self.while_)

    @property
    def rules(self) -> dict[str, Any]:
        """The time, and what happens to the next one."""
        return {"period": self.period, "otherwise": self.else_}


class Debounce(FlowOption):
    """A task waits for a quiet time; the next one with the key takes its place."""

    quiet: Duration = Field(
        description="The task is queued after this time (ISO 8601), unless another one takes its place before."
    )
    at_most: Duration = Field(
        description="At the latest, a task is queued after this time, counted from the first one whose place was taken."
    )

    @property
    def rules(self) -> dict[str, Any]:
        """Both times."""
        return {"quiet": duration_of(self.quiet), "at_most": duration_of(self.at_most)}

    @model_validator(mode="after")
    def _check_times(self) -> Self:
        if duration_of(self.at_most) < duration_of(self.quiet):
            raise _wrong("should have an `at_most` that is not shorter than `quiet`")
        return self


class Concurrency(FlowOption):
    """At most a number of tasks with the key are queued or run."""

    limit: Annotated[int, Field(ge=1, le=MOST_SLOTS)] = Field(
        description="How many tasks of the key are queued or run at once."
    )
    else_: Literal["wait", "refuse", "cancel_running", "cancel_waiting"] = Field(
        "wait",
        validation_alias="else",
        serialization_alias="else",
        description="If there are as many: `wait` waits in order, `refuse` refuses, `cancel_running` cancels the oldest of them and waits, "
        "`cancel_waiting` cancels the tasks that wait, and waits.",
    )

    @property
    def rules(self) -> dict[str, Any]:
        """The limit, and what happens to the next one."""
        return {"limit": self.limit, "otherwise": self.else_}


class Throttle(FlowOption):
    """Tasks with the key start at a rate."""

    rate: Rate = Field(
        description="How many tasks of the key start in a second, minute, hour or day (`s`, `m`, `h`, `d`)."
    )
    burst: Burst = Field(1, description="How many start at once after a time without any.")

    @property
    def rules(self) -> dict[str, Any]:
        """The time between two, in microseconds, and the burst."""
        return {"interval": interval_of(self.rate), "burst": self.burst, "rate": self.rate}


@dataclass(frozen=True)
class Flow:
    """The options that a submission or a definition has."""

    unique: Unique | None = None
    debounce: Debounce | None = None
    throttle: Throttle | None = None
    concurrency: Concurrency | None = None

    def to_json(self) -> str:
        """As JSON, without those that are absent."""
        return json.dumps({name: option.model_dump() for name, option in self.options.items()})

    @classmethod
    def from_json(cls, text: str) -> "Flow":
        """The options of which `to_json` made this."""
        return cls.of(json.loads(text))

    @classmethod
    def of(cls, members: Mapping[str, Any]) -> "Flow":
        """The options with these members, by name; `ValidationError`."""
        options: dict[str, Any] = {
            name: FLOW_OPTIONS[name].model_validate(value) for name, value in members.items()
        }
        return cls(**options)

    @property
    def options(self) -> dict[str, FlowOption]:
        """Those that are present, by name."""
        return {
            each.name: option for each in fields(self) if (option := getattr(self, each.name)) is not None
        }

    def over(self, defaults: "Flow") -> "Flow":
        """These options, and of the defaults those that are absent here."""
        values: dict[str, Any] = {**defaults.options, **self.options}
        return Flow(**values)


# By the name of the option.
FLOW_OPTIONS: dict[str, type[FlowOption]] = {
    "unique": Unique,
    "debounce": Debounce,
    "throttle": Throttle,
    "concurrency": Concurrency,
}
NO_FLOW = Flow()
