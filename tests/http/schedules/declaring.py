"""Tasks that are declared with their schedules."""

from datetime import timedelta

from celeriac import Every, Schedule, task


@task(
    queue="unserved",
    schedule=[
        Schedule(name="declared-nightly", cron="0 3 * * *", zone="Europe/Berlin", input={"x": 4}),
        Every(name="declared-often", seconds=1, overlap="skip", expires=timedelta(hours=1)),
    ],
)
def declared(x: int = 0) -> int:
    """Give the number back."""
    return x


@task(queue="unserved", schedule=Every(hours=1))
def hourly() -> None:
    """Do nothing."""
