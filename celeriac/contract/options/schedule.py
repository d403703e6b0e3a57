"""Schedules that a declaration makes: `@task(schedule=Schedule(cron="0 3 * * *"))`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from celeriac.contract.signature import ContractError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
SHORTEST, LONGEST = timedelta(seconds=1), timedelta(days=366)

OverlapRule = Literal["queue", "skip", "cancel_running"]
CatchUpRule = Literal["none", "last", "all"]


@dataclass(frozen=True, kw_only=True)
class _Repeated:
    """What all schedules of declarations have."""

    name: str | None = None
    input: Mapping[str, Any] = field(default_factory=dict)
    overlap: OverlapRule = "queue"
    catch_up: CatchUpRule = "last"
    jitter: timedelta = timedelta(0)
    expires: timedelta | None = None

    def when(self) -> dict[str, str]:
        """When it is due, as the API has it."""
        raise NotImplementedError

    def _check(self) -> None:
        kind = type(self).__name__
        if self.name is not None and not NAME.fullmatch(self.name):
            raise ContractError(
                f"{kind}(name={self.name!r}): use letters, digits, '.', '_' and '-', starting with a letter or digit, "
                "at most 100 characters."
            )
        for rule, words in (("overlap", OverlapRule), ("catch_up", CatchUpRule)):
            allowed = words.__args__  # type: ignore[attr-defined]  # of a Literal
            if getattr(self, rule) not in allowed:
                raise ContractError(
                    f"{kind}({rule}={getattr(self, rule)!r}): give one of {', '.join(allowed)}."
                )
        if not timedelta(0) <= self.jitter <= timedelta(days=1):
            raise ContractError(f"{kind}(jitter={self.jitter}): give a duration of up to a day.")
        if self.expires is not None and not timedelta(0) < self.expires <= LONGEST:
            raise ContractError(f"{kind}(expires={self.expires}): give a duration of up to 366 days.")


@dataclass(frozen=True, kw_only=True)
class Schedule(_Repeated):
    """Submit the task by a cron expression of five fields, in a time zone.

    `input` is the same each time. `name` is the name of the schedule (default: that of the task); with several, each has one.
    `overlap` says what happens while the last task has not ended: `queue`, `skip` or `cancel_running`; `catch_up`, what happens to due
    times that were missed: `none`, `last` or `all`. Each task is delayed at random by up to `jitter`, and must start within `expires`.
    """

    cron: str
    zone: str = "UTC"

    def __post_init__(self) -> None:
        """Refuse a schedule that cannot work."""
        from celeriac.values.cron import checked_cron, zones  # noqa: PLC0415 - slow, and few declare schedules

        try:
            checked_cron(self.cron)
        except ValueError as wrong:
            raise ContractError(f"Schedule(cron={self.cron!r}) {wrong}.") from wrong
        if self.zone not in zones():
            raise ContractError(
                f"Schedule(zone={self.zone!r}): give the name of a time zone, such as Europe/Berlin."
            )
        self._check()

    def when(self) -> dict[str, str]:
        """When it is due, as the API has it."""
        return {"cron": self.cron, "zone": self.zone}


@dataclass(frozen=True, kw_only=True)
class Every(_Repeated):
    """Submit the task at an interval of this many days, hours, minutes and seconds, from the first start on.

    The other members are those of `Schedule`.
    """

    days: float = 0
    hours: float = 0
    minutes: float = 0
    seconds: float = 0

    def __post_init__(self) -> None:
        """Refuse a schedule that cannot work."""
        if not SHORTEST <= self.interval <= LONGEST:
            raise ContractError(f"Every({self.interval}): give an interval from 1 second to 366 days.")
        self._check()

    @property
    def interval(self) -> timedelta:
        """From due time to due time."""
        return timedelta(days=self.days, hours=self.hours, minutes=self.minutes, seconds=self.seconds)

    def when(self) -> dict[str, str]:
        """When it is due, as the API has it."""
        return {"every": f"PT{self.interval.total_seconds():.6f}".rstrip("0").rstrip(".") + "S"}


def schedules_of(
    task: str, schedule: Schedule | Every | Sequence[Schedule | Every] | None
) -> dict[str, Schedule | Every]:
    """The schedules of a task by name; `ContractError` where one has no name, or the name of another."""
    if schedule is None:
        return {}
    if isinstance(schedule, Schedule | Every):
        return {schedule.name or task: schedule}
    by_name: dict[str, Schedule | Every] = {}
    for item in schedule:
        if not isinstance(item, Schedule | Every):
            raise ContractError(
                f"Task {task!r}: schedule={item!r}: give Schedule(...), Every(...), or a list of them."
            )
        if item.name is None or item.name in by_name:
            raise ContractError(f"Task {task!r}: give each of several schedules a name of its own.")
        by_name[item.name] = item
    return by_name
