"""A task that is declared with a schedule."""

from celeriac import Schedule, task


@task(queue="unserved", schedule=Schedule(cron="0 0 1 1 *"))
def yearly() -> None:
    """Do nothing."""
