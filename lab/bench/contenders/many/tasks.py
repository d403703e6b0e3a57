"""A task that adds what others have returned: `CELERIAC_TASKS=tasks,lab.bench.contenders.many.tasks`."""

from celeriac import task


@task
def total(numbers: list[int]) -> int:
    """Add them."""
    return sum(numbers)
