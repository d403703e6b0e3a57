"""Tests tasks: a function alone as a worker runs it, or the whole stack.

A name is loaded when it is first asked for: pytest loads this package where celeriac is installed, and must not wait for it.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from celeriac.testing.extras import MissingExtra, refusal_of

if TYPE_CHECKING:
    from celeriac.testing.outcome import Outcome, Progress
    from celeriac.testing.running_stack import Stack, stack
    from celeriac.testing.task_run import run_task

__all__ = ["Outcome", "Progress", "Stack", "run_task", "stack"]

_MODULES = {
    "Outcome": "celeriac.testing.outcome",
    "Progress": "celeriac.testing.outcome",
    "Stack": "celeriac.testing.running_stack",
    "run_task": "celeriac.testing.task_run",
    "stack": "celeriac.testing.running_stack",
}


def __getattr__(name: str) -> object:
    """Load a public name; Python asks here for what this module does not have yet."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if refusal := refusal_of(f"{__name__}.{name}"):
        raise MissingExtra(refusal)
    value = getattr(import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, loaded or not."""
    return sorted({*globals(), *__all__})
