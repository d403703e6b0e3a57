"""`celeriac schedule import` takes the schedules of Celery's beat over, due at the same times."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from celery import Celery
from celery.schedules import crontab
from redis import Redis

from celeriac.command.schedules.beat_times import NotOffered, rules_of
from celeriac.values.cron import Cron
from tests.command.look.conftest import Ask
from tests.command.look.test_operating import lines

APP = "tests.command.look.beat_app:app"
YEARS = timedelta(days=730)


def test_each_entry_becomes_a_schedule_once_or_has_a_reason(
    ask_quiet: Ask, quiet: httpx.Client, quiet_redis: Redis
) -> None:
    def outcomes(*options: str) -> dict[str, str]:
        ended = ask_quiet("schedule", "import", APP, "--json", *options)
        assert (ended.code, "4 of 7 entries were not taken over" in ended.words) == (1, True)
        return {str(row["schedule"]): str(row["outcome"]) for row in lines(ended.output)}

    refused = dict.fromkeys(("sun", "unknown", "many", "wrong"), "refused")
    dry = {**refused, "wrong": "created"}
    ended = ask_quiet("schedule", "import", APP, "--json", "--dry-run")
    assert {str(row["schedule"]): row["outcome"] for row in lines(ended.output)} == {
        **dry, "add-every-night": "created", "often": "created", "seconds": "created",
    }  # fmt: skip
    assert quiet.get("/schedules/often").status_code == 404
    assert set(outcomes().values()) == {"created", "refused"}
    before = quiet_redis.hgetall("celeriac:schedule::often")
    nightly = quiet.get("/schedules/add-every-night").json()
    assert (nightly["cron"], nightly["zone"]) == ("30 2 * * MON,TUE,WED,THU,FRI", "Asia/Seoul")
    assert nightly["submit"] == {
        "name": "add", "input": {"x": 4, "y": 5}, "queue": "unserved", "expires": 600.0,
    }  # fmt: skip
    assert set(outcomes().values()) == {"unchanged", "refused"}
    assert quiet_redis.hgetall("celeriac:schedule::often") == before
    text = ask_quiet("schedule", "import", APP, "--dry-run").words
    for sentence in (
        "sun: It follows the sun",
        "unknown: The server has no definition for the task proj.tasks.nobody",
        "many: It has 3 args, and add has 2 parameters.",
    ):
        assert sentence in text
    for name in ("add-every-night", "often", "seconds"):
        assert quiet.delete(f"/schedules/{name}").status_code == 204


def test_an_app_that_cannot_be_loaded_is_named(ask_quiet: Ask) -> None:
    ended = ask_quiet("schedule", "import", "nowhere.celery:app")
    assert (ended.code, "nowhere.celery:app cannot be loaded" in ended.words) == (1, True)


@pytest.mark.parametrize(
    "fields",
    [
        {"minute": "0"},
        {"minute": "*/15", "hour": "8-17", "day_of_week": "mon-fri"},
        {"minute": "5,35", "hour": "*/3"},
        {"minute": "0", "hour": "0", "day_of_week": "sunday"},
        {"minute": "0", "hour": "0", "day_of_week": "sat,sun"},
        {"minute": "0", "hour": "12", "day_of_week": "0,3-5"},
        {"minute": "0", "hour": "3", "day_of_month": "1-7", "day_of_week": "mon"},
        {"minute": "0", "hour": "3", "day_of_month": "8-21", "day_of_week": "tue,thu"},
        {"minute": "0", "hour": "3", "day_of_month": "1,15", "day_of_week": "fri"},
        {"minute": "0", "hour": "3", "day_of_month": "13", "day_of_week": "sun"},
        {"minute": "0", "hour": "3", "day_of_month": "13,14", "day_of_week": "sun,wed"},
        {"minute": "0", "hour": "3", "day_of_month": "*/2"},
        {"minute": "0", "hour": "3", "day_of_month": "31"},
        {"minute": "0", "hour": "3", "day_of_month": "*/10", "day_of_week": "mon"},
        {"minute": "0", "hour": "0", "day_of_month": "29", "month_of_year": "2"},
        {"minute": "30", "hour": "23", "month_of_year": "*/3", "day_of_month": "1"},
        {"minute": "0", "hour": "22,23,0-2", "month_of_year": "jan,jul"},
        {"minute": "10-50/20", "hour": "6"},
        {"minute": "0", "hour": "0", "day_of_week": "*/2"},
        {"minute": "59", "hour": "23", "day_of_month": "28-31", "month_of_year": "2,4-6"},
    ],
    ids=str,
)
@pytest.mark.parametrize("zone", ["UTC", "Asia/Seoul"])
def test_it_is_due_when_beat_would_have_run_it_for_two_years(fields: dict[str, Any], zone: str) -> None:
    app = Celery(set_as_current=False)
    app.conf.timezone = zone
    start = datetime(2026, 1, 1, 0, 0, 30, tzinfo=UTC)
    schedule = crontab(**fields, app=app)
    rules = rules_of(schedule)
    assert rules["zone"] == zone
    mine, theirs = start, start
    cron = Cron(rules["cron"], rules["zone"])
    for _ in range(400):
        due = cron.after(mine)
        if due is None or due > start + YEARS:
            return
        wait = schedule.remaining_delta(theirs.astimezone(app.timezone))
        mine, theirs = due, (wait[0] + wait[1]).astimezone(UTC)
        assert mine == theirs


def test_what_no_expression_says_is_refused() -> None:
    with pytest.raises(NotOffered, match="days of the month and to days of the week at once"):
        rules_of(crontab(minute="0", hour="0", day_of_month="13", day_of_week="fri"))
    with pytest.raises(NotOffered, match=r"from 1 second to 366 days"):
        rules_of(timedelta(milliseconds=100))
    assert json.dumps(rules_of(timedelta(days=1))) == '{"every": "PT86400S"}'
