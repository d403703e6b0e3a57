"""Due times in both nights of daylight saving, missed due times, and odd expressions."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from celeriac.schedules.catch_up import CatchUp, Step, next_step
from celeriac.schedules.due_times import At, DueTimes, Every
from celeriac.values.cron import Cron, checked_cron

# For each zone: noon before the night in which an hour is missing, and before the one in which an hour comes twice.
NIGHTS = {
    "Europe/Berlin": ("2026-03-28", "2026-10-24"),
    "America/New_York": ("2026-03-07", "2026-10-31"),
    "Australia/Lord_Howe": ("2026-10-03", "2026-04-04"),  # by half an hour
}
EXPRESSIONS = (
    *(
        "30 2 * * *",
        "0,15,45 1-3 * * *",
        "*/10 * * * *",
        "0 * * * *",
        "15 */2 * * *",
        "5 1,2 * * 0",
        "* 2 * * *",
    ),
)


def local(zone: str, expression: str, day: str, count: int) -> list[str]:
    """The first due times from noon of a day on, by the clocks there and their distance from UTC."""
    noon = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=ZoneInfo(zone))
    due = islice(DueTimes(Cron(expression, zone)).from_on(noon.astimezone(UTC)), count)
    return [moment.astimezone(ZoneInfo(zone)).isoformat(timespec="minutes")[5:] for moment in due]


def test_a_fixed_time_that_is_missing_is_due_right_after_the_gap_and_once() -> None:
    assert local("Europe/Berlin", "30 2 * * *", "2026-03-28", 2) == ["03-29T03:00+02:00", "03-30T02:30+02:00"]
    assert local("America/New_York", "30 2 * * *", "2026-03-07", 2) == [
        "03-08T03:00-04:00",
        "03-09T02:30-04:00",
    ]
    assert local("Australia/Lord_Howe", "15 2 * * *", "2026-10-03", 2) == [
        "10-04T02:30+11:00",
        "10-05T02:15+11:00",
    ]


def test_a_fixed_time_that_comes_twice_is_due_the_first_time_alone() -> None:
    assert local("Europe/Berlin", "30 2 * * *", "2026-10-24", 2) == ["10-25T02:30+02:00", "10-26T02:30+01:00"]
    assert local("America/New_York", "30 1 * * *", "2026-10-31", 2) == [
        "11-01T01:30-04:00",
        "11-02T01:30-05:00",
    ]
    assert local("Australia/Lord_Howe", "45 1 * * *", "2026-04-04", 2) == [
        "04-05T01:45+11:00",
        "04-06T01:45+10:30",
    ]


def test_what_is_due_every_few_minutes_follows_the_clock_through_both_nights() -> None:
    for zone, days in NIGHTS.items():
        for day in days:
            noon = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
            due = list(islice(DueTimes(Cron("*/10 * * * *", zone)).from_on(noon), 6 * 24))
            assert due == [noon + timedelta(minutes=10 * number) for number in range(1, 6 * 24 + 1)]


@pytest.mark.parametrize("zone", NIGHTS)
def test_what_follows_the_clock_is_due_at_each_moment_that_matches_its_face(zone: str) -> None:
    for day in NIGHTS[zone]:
        noon = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        minutes = [noon + timedelta(minutes=number) for number in range(1, 24 * 60)]
        faces = {minute: minute.astimezone(ZoneInfo(zone)) for minute in minutes}
        for expression, hours, minutes_of_hour in (
            ("* 2 * * *", {2}, range(60)),
            ("15 */2 * * *", range(0, 24, 2), {15}),
            ("*/7 1,2 * * *", {1, 2}, range(0, 60, 7)),
        ):
            matching = [
                minute
                for minute, face in faces.items()
                if face.hour in hours and face.minute in minutes_of_hour
            ]
            due = DueTimes(Cron(expression, zone)).from_on(noon)
            assert list(islice(due, len(matching))) == matching


@pytest.mark.parametrize("zone", NIGHTS)
@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_from_every_moment_of_both_nights_the_next_due_time_is_the_same(zone: str, expression: str) -> None:
    for day in NIGHTS[zone]:
        noon = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        due_times = DueTimes(Cron(expression, zone))
        due = list(islice(due_times.from_on(noon), 500))
        assert due == sorted(set(due))
        for minute in range(0, 24 * 60, 15):
            moment = noon + timedelta(minutes=minute, seconds=minute % 60)
            assert due_times.after(moment) == next(each for each in due if each > moment), moment


def test_an_interval_stays_on_its_grid() -> None:
    first = datetime(2026, 5, 1, tzinfo=UTC)
    due_times = DueTimes(Every(timedelta(minutes=5), first), until=first + timedelta(minutes=10))
    assert due_times.after(first - timedelta(days=1)) == first
    assert due_times.after(first) == first + timedelta(minutes=5)
    assert due_times.after(first + timedelta(minutes=9)) == first + timedelta(minutes=10)
    assert due_times.after(first + timedelta(minutes=10)) is None


def test_what_was_missed_is_caught_up_as_asked() -> None:
    first = datetime(2026, 5, 1, tzinfo=UTC)
    every_hour = DueTimes(Cron("0 * * * *", "UTC"))
    now, hour = first + timedelta(days=30, minutes=30), timedelta(hours=1)
    newest = first + timedelta(days=30)
    assert next_step(every_hour, first, now, CatchUp.NONE) == Step(None, newest + hour)
    assert next_step(every_hour, first, now, CatchUp.LAST) == Step(newest, newest + hour)
    assert next_step(every_hour, first, now, CatchUp.ALL) == Step(newest - 99 * hour, newest - 98 * hour)
    assert next_step(every_hour, newest, now, CatchUp.ALL) == Step(newest, newest + hour)
    late = newest + timedelta(seconds=59)
    for catch_up in CatchUp:
        assert next_step(every_hour, newest, late, catch_up) == Step(newest, newest + hour)


def test_the_newest_of_single_moments_is_found() -> None:
    first = datetime(2026, 5, 1, tzinfo=UTC)
    moments = DueTimes(At(tuple(first + timedelta(milliseconds=700 * number) for number in range(1_000))))
    last = moments.timing.moments[-1]  # type: ignore[union-attr]  # it is `At`
    now = last + timedelta(hours=1)
    assert next_step(moments, first, now, CatchUp.LAST) == Step(last, None)


@pytest.mark.parametrize(
    "expression",
    [
        *(
            "",
            "* * * *",
            "* * * * * *",
            "@daily",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * * 13 *",
            "* * * * 8",
        ),
        *(
            "*/0 * * * *",
            "5-1 * * * *",
            "1#1/2 * * * *",
            "* * * * 1#1/2",
            "L * * * *",
            "* * * * ²L",
            "* * 31 2 *",
        ),
        *(
            "*/" + "9" * 5_000 + " * * * *",
            "* * " + "/".join("*" * 99) + " * *",
            "x" * 100_000,
            "1-/ * * * *",
        ),
    ],
    ids=lambda expression: expression[:20],
)
def test_what_is_no_cron_expression_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match="should"):
        checked_cron(expression)


def test_an_expression_that_never_comes_has_no_due_time() -> None:
    now = datetime(2026, 5, 1, tzinfo=UTC)
    assert DueTimes(Cron("* * */20 * 1L", "UTC")).after(now) is None
    first = next(iter(DueTimes(Cron("0 0 * 2 MON#5", "Asia/Seoul")).from_on(now)))
    assert first.year == 2044
