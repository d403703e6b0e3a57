"""The rules of a schedule that is due as a schedule of Celery's beat is."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

DAYS = "SUN MON TUE WED THU FRI SAT".split()
SHORTEST, LONGEST = timedelta(seconds=1), timedelta(days=366)
# The days of a month in their weeks, as `MON#2` counts them.
WEEKS = {number: set(range(7 * number - 6, min(7 * number, 31) + 1)) for number in range(1, 6)}


class NotOffered(Exception):
    """Celeriac has no such schedule; the text is a sentence."""


def rules_of(schedule: Any) -> dict[str, Any]:
    """When it is due, as `PUT /schedules/{name}` has it; `NotOffered` where that cannot be said exactly."""
    from celery.schedules import crontab, solar
    from celery.schedules import schedule as interval

    if isinstance(schedule, int | float | timedelta):
        return every(timedelta(seconds=schedule) if isinstance(schedule, int | float) else schedule)
    if type(schedule) is crontab:
        return {"cron": cron_of(schedule), "zone": zone_of(schedule.tz)}
    if isinstance(schedule, solar):
        raise NotOffered("It follows the sun, and Celeriac has no such schedules.")
    if type(schedule) is interval:
        return every(schedule.run_every)
    raise NotOffered(
        f"Its schedule is of the class {type(schedule).__name__}, which only Celery's beat can read."
    )


def every(interval: timedelta) -> dict[str, Any]:
    """An interval."""
    if not SHORTEST <= interval <= LONGEST:
        raise NotOffered(f"Its interval is {interval}; one from 1 second to 366 days can be taken over.")
    return {"every": f"PT{interval.total_seconds():.6f}".rstrip("0").rstrip(".") + "S"}


def cron_of(crontab: Any) -> str:
    """The expression for the same minutes. For Celery, both the day of the month and the day of the week must match."""
    days, weekdays = _days(set(crontab.day_of_month), set(crontab.day_of_week))
    return " ".join(
        (
            _field(crontab.minute, range(60)),
            _field(crontab.hour, range(24)),
            days,
            _field(crontab.month_of_year, range(1, 13)),
            weekdays,
        )
    )


def zone_of(zone: Any) -> str:
    """The name of the time zone of an app."""
    name = getattr(zone, "key", None) or str(zone)
    return "UTC" if name in ("UTC", "utc", "Etc/UTC") else name


def _days(days: set[int], weekdays: set[int]) -> tuple[str, str]:
    """The fields of both; in cron, both must match only if one of the fields begins with a star."""
    all_days, all_weekdays = range(1, 32), range(7)
    is_any_day, is_any_weekday = days == set(all_days), weekdays == set(all_weekdays)
    words = ",".join(DAYS[day] for day in sorted(weekdays))
    if is_any_day or is_any_weekday:
        return _list(days, all_days), "*" if is_any_weekday else words
    weeks = [number for number, of_week in WEEKS.items() if of_week <= days]
    if set().union(*(WEEKS[number] for number in weeks)) == days:
        return "*", ",".join(f"{DAYS[day]}#{number}" for day in sorted(weekdays) for number in weeks)
    if 1 in days:
        return f"*/31,{_list(days, all_days)}", words
    if 0 in weekdays:
        return _list(days, all_days), f"*/7,{words}"
    raise NotOffered(
        "It is limited to days of the month and to days of the week at once, and no cron expression says that of these days."
    )


def _field(values: Collection[int], of_all: range) -> str:
    """A star keeps a schedule at the clock through the nights in which clocks change."""
    for step in range(2, len(of_all)):
        if set(values) == set(of_all[::step]) and len(of_all[::step]) > 1:
            return f"*/{step}"
    return _list(values, of_all)


def _list(values: Collection[int], of_all: range) -> str:
    if set(values) == set(of_all):
        return "*"
    parts: list[list[int]] = []
    for value in sorted(values):
        if parts and parts[-1][-1] == value - 1:
            parts[-1].append(value)
        else:
            parts.append([value])
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in parts)
