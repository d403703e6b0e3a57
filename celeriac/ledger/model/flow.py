"""The keys that hold a task back, with what each means."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any

from celeriac.ledger.model.times import microseconds, milliseconds


@dataclass(frozen=True, kw_only=True)
class UniqueKey:
    """Another task that has this key is returned, refused or replaced. The key is for a time, or until the end of the task."""

    key: str
    period: timedelta | None
    otherwise: str

    def members(self) -> dict[str, object]:
        """As flow.lua reads them."""
        ms = None if self.period is None else milliseconds(self.period)
        return _given({"key": self.key, "ms": ms, "otherwise": self.otherwise})


@dataclass(frozen=True, kw_only=True)
class DebounceKey:
    """The task is due after a quiet time, unless the next one of the key takes its place; the first one waits `at_most` so long."""

    key: str
    quiet: timedelta
    at_most: timedelta

    def members(self) -> dict[str, object]:
        """As flow.lua reads them."""
        return {
            "key": self.key,
            "quiet": microseconds(self.quiet),
            "at_most": microseconds(self.at_most),
        }


@dataclass(frozen=True, kw_only=True)
class ThrottleKey:
    """A task of the key starts each `interval` (microseconds), and `burst` at once after a time without any. `rate` is shown."""

    key: str
    interval: int
    burst: int
    rate: str

    def members(self) -> dict[str, object]:
        """As flow.lua reads them."""
        return {"key": self.key, "interval": self.interval, "burst": self.burst, "rate": self.rate}


@dataclass(frozen=True, kw_only=True)
class ConcurrencyKey:
    """So many tasks of the key are queued or run; `otherwise` is what the next one does."""

    key: str
    limit: int
    otherwise: str

    def members(self) -> dict[str, object]:
        """As flow.lua reads them."""
        return {"key": self.key, "limit": self.limit, "otherwise": self.otherwise}


@dataclass(frozen=True, kw_only=True)
class FlowKeys:
    """The keys of a submission; `chosen` is the JSON of the options that it names itself, for a retry."""

    unique: UniqueKey | None = None
    debounce: DebounceKey | None = None
    throttle: ThrottleKey | None = None
    concurrency: ConcurrencyKey | None = None
    chosen: str | None = None

    @classmethod
    def of(cls, rules: Mapping[str, Mapping[str, Any]], *, chosen: str | None) -> "FlowKeys":
        """The keys with these rules, by the names of their options."""
        keys: dict[str, Any] = {name: _KINDS[name](**values) for name, values in rules.items()}
        return cls(**keys, chosen=chosen)

    def members(self) -> dict[str, object]:
        """As flow.lua reads them."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return _given(
            {
                name: value if value is None or name == "chosen" else value.members()
                for name, value in values.items()
            }
        )


_KINDS: Mapping[str, Callable[..., object]] = {
    "unique": UniqueKey,
    "debounce": DebounceKey,
    "throttle": ThrottleKey,
    "concurrency": ConcurrencyKey,
}


def _given(members: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in members.items() if value is not None}
