"""Computes due times: cron with a time zone, an interval, or single moments."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

from celeriac.values.cron import Cron

SHORTEST, LONGEST = timedelta(seconds=1), timedelta(days=366)
# The search of cronsim has the same bound: what is not due before is never due.
HORIZON = timedelta(days=50 * 366)


@dataclass(frozen=True)
class Every:
    """An interval, counted from a first moment."""

    interval: timedelta
    first: datetime

    def after(self, moment: datetime) -> datetime | None:
        """The first due time after this moment."""
        passed = max((moment - self.first) // self.interval + 1, 0)
        return self.first + passed * self.interval


@dataclass(frozen=True)
class At:
    """Single moments, in order."""

    moments: tuple[datetime, ...]

    def after(self, moment: datetime) -> datetime | None:
        """The first due time after this moment."""
        place = bisect_right(self.moments, moment)
        return self.moments[place] if place < len(self.moments) else None


@dataclass(frozen=True)
class DueTimes:
    """The due times of a schedule, up to and including the moment `until`."""

    timing: Cron | Every | At
    until: datetime | None = None

    def after(self, moment: datetime) -> datetime | None:
        """The first due time after this moment; None if there is none."""
        due = self.timing.after(moment)
        if due is None or due - moment > HORIZON or (self.until is not None and due > self.until):
            return None
        return due

    def from_on(self, moment: datetime) -> Iterator[datetime]:
        """All due times after this moment, up to the horizon."""
        due, end = self.after(moment), moment + HORIZON
        while due is not None and due <= end:
            yield due
            due = self.after(due)

    def last(self, first: datetime, now: datetime, *, most: int) -> datetime:
        """Of the due times from the due time `first` to now: the oldest of the `most` newest."""
        low, high = int(first.timestamp()) - 1, int(now.timestamp())
        while low < high:  # the earliest second after which there are no more than that
            middle = (low + high) // 2
            if self._has_more(middle, now, most):
                low = middle + 1
            else:
                high = middle
        oldest = self.after(datetime.fromtimestamp(low, UTC))
        return first if oldest is None or oldest < first or oldest > now else oldest

    def _has_more(self, second: int, now: datetime, most: int) -> bool:
        due = next(islice(self.from_on(datetime.fromtimestamp(second, UTC)), most, None), None)
        return due is not None and due <= now


def whole_seconds(moment: datetime) -> datetime:
    """The moment without its fraction of a second."""
    return moment.replace(microsecond=0)
