"""The definitions as they were when the tasks were accepted."""

from time import sleep

from celeriac import context, task


@task
def reindex(index: str) -> str:
    """Be renamed later."""
    return index


@task
def greet(name: str, times: int = 1) -> str:
    """Lose a parameter later."""
    return name * times


@task
def pay(cents: int) -> str:
    """Get an optional parameter later."""
    return f"{cents}"


@task
def ship(order: int) -> str:
    """Get a required parameter later."""
    return f"{order}"


@task
def find(number: int) -> str:
    """Get another type later."""
    return f"{number}"


@task
def measure(length: int) -> str:
    """Get a wider type later."""
    return f"{length}"


@task
def notify(text: str) -> str:
    """Keep its name when the function is renamed later."""
    return text


@task
def draw(shape: str) -> str:
    """Move to another queue later."""
    return shape


@task
def rest(seconds: float) -> str:
    """Get a shorter time limit later."""
    sleep(seconds)
    return "rested"


@task
def stumble() -> str:
    """Be retried later."""
    if context.attempt() == 1:
        raise ConnectionError("stumbled")
    return "recovered"


@task(queue="pictures")
def paint(shape: str) -> str:
    """Leave a queue that no task uses later."""
    return shape
