"""Computes the due times of a cron expression in a time zone, with cronsim.

cronsim finds the next time on the face of a clock; which moment that is, is decided here, for the nights in which clocks change.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

FIELDS = 5
# No clock goes back by more than that: two hours, at the station Troll.
LONGEST_SHIFT = timedelta(hours=3)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Cron:
    """A cron expression of five fields, in a time zone.

    A fixed time that does not exist, because the clocks go forward, is due right after the gap; one that exists twice is due the first
    time. If minute or hour begins with `*`, each moment is due at which the clock matches. This is what cron of Debian does.
    """

    expression: str
    zone: str

    def after(self, moment: datetime) -> datetime | None:
        """The first due time after this moment; None if there is none in the next 50 years."""
        minute, hour, *_ = self.expression.split()
        follows_clock = minute.startswith("*") or hour.startswith("*")
        try:
            return self._clock_match(moment) if follows_clock else self._fixed_time(moment)
        except (StopIteration, OverflowError):
            return None

    def _fixed_time(self, moment: datetime) -> datetime:
        """It is found by the clock's face alone, which may show it again after it is over."""
        all_due = CronSim(self.expression, moment.astimezone(zone_of(self.zone)))
        return next(due for due in map(_in_utc, all_due) if due > moment)

    def _clock_match(self, moment: datetime) -> datetime:
        zone = zone_of(self.zone)
        face = moment.astimezone(zone).replace(tzinfo=None)
        due = next(due for due in self._moments(face, zone) if due > moment)
        shift = _shift_back(moment, min(due, moment + LONGEST_SHIFT), zone)
        if shift is None:
            return due
        # What the clock shows again comes before what it has not shown yet.
        face = shift.astimezone(zone).replace(tzinfo=None) - _SECOND
        again = next(due for due in self._moments(face, zone) if due >= shift)
        return min(due, again)

    def _moments(self, face: datetime, zone: tzinfo) -> Iterator[datetime]:
        """The moments at which the clock shows the times that match after this one; none of a time that does not exist."""
        for match in CronSim(self.expression, face):
            for fold in (0, 1):
                due = match.replace(tzinfo=zone, fold=fold).astimezone(UTC)
                if due.astimezone(zone).replace(tzinfo=None, fold=0) == match:
                    yield due


def checked_cron(expression: str) -> str:
    """The same expression; `ValueError` describes what is wrong with it."""
    if len(expression.split()) != FIELDS:
        raise ValueError("should have five fields: minute, hour, day of the month, month, day of the week")
    try:
        CronSim(expression, datetime(2000, 1, 1, tzinfo=UTC))
    except (CronSimError, AssertionError, ValueError, TypeError) as wrong:
        raise ValueError(f"should be a cron expression: {str(wrong)[:100] or 'it cannot be read'}") from wrong
    return expression


@lru_cache(maxsize=1)
def zones() -> frozenset[str]:
    """The names of all time zones."""
    return frozenset(available_timezones())


def zone_of(name: str) -> tzinfo:
    """The time zone of this name, which is known to exist."""
    return UTC if name == "UTC" else ZoneInfo(name)


def _in_utc(due: datetime) -> datetime:
    return due.astimezone(UTC)


def _offset(moment: datetime, zone: tzinfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta(0)


def _shift_back(start: datetime, end: datetime, zone: tzinfo) -> datetime | None:
    """When the clocks go back between these moments, to the second; None if they do not."""
    before = _offset(start, zone)
    if end <= start or _offset(end, zone) >= before:
        return None
    while end - start > _SECOND:
        middle = start + (end - start) / 2
        if _offset(middle, zone) < before:
            end = middle
        else:
            start = middle
    return end.replace(microsecond=0)
