"""The definitions as they are when the tasks are run."""

from datetime import timedelta
from time import sleep

from celeriac import RetryPolicy, context, task


@task
def rebuild(index: str) -> str:
    """Once `reindex`."""
    return index


@task
def greet(name: str) -> str:
    """Greet once."""
    return name


@task
def pay(cents: int, currency: str = "EUR") -> str:
    """Pay in any currency."""
    return f"{cents} {currency}"


@task
def ship(order: int, carrier: str) -> str:
    """Ship with a carrier."""
    return f"{order} by {carrier}"


@task
def find(number: str) -> str:
    """Find by a text."""
    return number


@task
def measure(length: float) -> str:
    """Measure fractions, too."""
    return f"{length}"


@task(name="notify")
def send_notice(text: str) -> str:
    """Once the function `notify`."""
    return text


@task(queue="drawings")
def draw(shape: str) -> str:
    """Draw, in a queue of its own."""
    return shape


@task(soft_time_limit=timedelta(seconds=0.5))
def rest(seconds: float) -> str:
    """Rest for a shorter time."""
    sleep(seconds)
    return "rested"


@task(retry=RetryPolicy(attempts=2, backoff=timedelta(seconds=0.1)))
def stumble() -> str:
    """Try again."""
    if context.attempt() == 1:
        raise ConnectionError("stumbled")
    return "recovered"


@task(queue="drawings")
def paint(shape: str) -> str:
    """Paint in the queue of drawings."""
    return shape
