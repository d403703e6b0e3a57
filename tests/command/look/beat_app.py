"""A Celery app with a beat_schedule, as a project has it."""

from datetime import timedelta

from celery import Celery
from celery.schedules import crontab, solar

# A whole one needs another package of Celery (ephem).
app = Celery("proj")
app.conf.timezone = "Asia/Seoul"
app.conf.beat_schedule = {
    "add every night": {
        "task": "proj.tasks.add",
        "schedule": crontab(minute="30", hour="2", day_of_week="mon-fri"),
        "args": (4,),
        "kwargs": {"y": 5},
        "options": {"queue": "unserved", "expires": 600},
    },
    "often": {"task": "add", "schedule": timedelta(minutes=5), "args": (1, 2)},
    "seconds": {"task": "add", "schedule": 30.0, "kwargs": {"x": 1, "y": 2}},
    "sun": {"task": "add", "schedule": solar.__new__(solar), "args": (1, 2)},
    "unknown": {"task": "proj.tasks.nobody", "schedule": 30.0},
    "many": {"task": "add", "schedule": 30.0, "args": (1, 2, 3)},
    "wrong": {"task": "add", "schedule": 30.0, "args": ("one", 2)},
}
print("a line that is no data")  # noqa: T201 - as apps do
