"""The definitions as they were when the tasks were accepted."""

from celeriac import task


@task
def reindex(index: str) -> str:
    """Be renamed later."""
    return index


@task
def greet(name: str, times: int = 1) -> str:
    """Lose a parameter later."""
    return name * times
