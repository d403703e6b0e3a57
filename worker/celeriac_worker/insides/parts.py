"""Chooses our pool and transport, or Celery's own where ours do not fit."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from logging import Logger

from celeriac_worker.insides.table import Difference, differences

# What can be done without.
FAST = frozenset(
    {
        "intake/transport.py",
        "processes/child.py",
        "processes/free_failures.py",
        "processes/scheduler.py",
        "steps/timer_cleanup.py",
    }
)

RUNS_PLAIN = (
    "This worker was not tested with the installed Celery, and runs on Celery's own pool and kombu's own reading. Every promise "
    "holds, but short tasks take two to three times as long, failed tasks hold memory for longer, and a task has a tenth of a "
    "second to clean up at its hard time limit. Install the versions that pyproject.toml requires, or report this: %s."
)
RUNS_AS_IT_IS = "This worker was not tested with the installed Celery: %s."


@dataclass(frozen=True, slots=True)
class Parts:
    """Where Celery finds them, and what is called before the pool starts, in each of its processes, too."""

    pool: str
    transport: str
    steps: tuple[str, ...]
    prepare: Callable[[], None]


def fitting_parts() -> Parts:
    """Our parts, if the installed versions are those that they were written for."""
    return PLAIN if _misfits() else OURS


def warn_of_differences(logger: Logger) -> None:
    """Called at the start of a worker: logs one line if Celery's insides differ from the known ones."""
    if changed := _differences():
        logger.warning(RUNS_PLAIN if _misfits() else RUNS_AS_IT_IS, "; ".join(map(str, changed)))


@cache
def _differences() -> list[Difference]:
    return differences()


def _misfits() -> bool:
    return any(difference.ours in FAST for difference in _differences())


def _nothing() -> None:
    pass


def _lead_groups() -> None:
    from celeriac_worker.processes.plain_pool import lead_groups  # noqa: PLC0415 - not needed with ours

    lead_groups()


OURS = Parts(
    "celeriac_worker.processes.scheduler:TaskPool",
    "celeriac_worker.intake.transport:QuarantiningTransport",
    ("celeriac_worker.steps.timer_cleanup:Timers",),
    _nothing,
)
PLAIN = Parts(
    "celeriac_worker.processes.plain_pool:TaskPool",
    "celeriac_worker.intake.plain_transport:Transport",
    (),
    _lead_groups,
)
