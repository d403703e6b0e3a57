"""The keys that hold a task back, with what each means."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from celeriac.ledger.model.times import milliseconds


@dataclass(frozen=True, kw_only=True)
class UniqueKey:
    """Another task that has this key is returned, refused or replaced. The key is for a time, or until the end of the task."""

    key: str
    period: timedelta | None
    otherwise: str

    def members(self) -> dict[str, object]:
        """As flow.lua reads them."""
        ms = None if self.period is None else milliseconds(self.period)
        return {"key": self.key, "ms": ms, "otherwise": self.otherwise}


@dataclass(frozen=True, kw_only=True)
class FlowKeys:
    """The keys of a submission; `chosen` is the JSON of the options that it names itself, for a retry."""

    unique: UniqueKey | None = None
    chosen: str | None = None

    def members(self) -> dict[str, object]:
        """As flow.lua reads them."""
        unique = None if self.unique is None else _given(self.unique.members())
        return _given({"unique": unique, "chosen": self.chosen})


def _given(members: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in members.items() if value is not None}
