"""Reports on Python's garbage collector in a pool process."""

import gc

from celeriac import task


@task
def switch_off_collector() -> None:
    """From now on nothing is freed but what nobody has."""
    gc.collect()
    gc.disable()


@task
def count_tracebacks() -> int:
    """How many there are, Python's own and Celery's copies."""
    return sum(type(thing).__name__ in ("traceback", "Traceback") for thing in gc.get_objects())
