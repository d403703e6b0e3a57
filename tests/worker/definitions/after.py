"""The definitions as they are when the tasks are run."""

from celeriac import task


@task
def rebuild(index: str) -> str:
    """Once `reindex`."""
    return index


@task
def greet(name: str) -> str:
    """Greet once."""
    return name
