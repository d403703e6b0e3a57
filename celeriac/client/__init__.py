"""The client of the HTTP API: `Client`, and `AsyncClient` for asyncio.

A name is loaded when it is first asked for: `import celeriac.client` alone loads no HTTP library.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from celeriac.client import errors, events
    from celeriac.client.calls.many.batch_result import BatchResult
    from celeriac.client.calls.many.step import Step
    from celeriac.client.calls.outcome import Outcome
    from celeriac.client.client import AsyncBatch, AsyncClient, AsyncTask, Batch, Client, Task

__all__ = [
    "AsyncBatch",
    "AsyncClient",
    "AsyncTask",
    "Batch",
    "BatchResult",
    "Client",
    "Outcome",
    "Step",
    "Task",
    "errors",
    "events",
]

# For each public name, its module; where the name is a module itself, that module.
_MODULES = {
    "AsyncBatch": "celeriac.client.client",
    "AsyncClient": "celeriac.client.client",
    "AsyncTask": "celeriac.client.client",
    "Batch": "celeriac.client.client",
    "BatchResult": "celeriac.client.calls.many.batch_result",
    "Client": "celeriac.client.client",
    "Outcome": "celeriac.client.calls.outcome",
    "Step": "celeriac.client.calls.many.step",
    "Task": "celeriac.client.client",
    "errors": "celeriac.client.errors",
    "events": "celeriac.client.events",
}


def __getattr__(name: str) -> object:
    """Load a public name; Python asks here for what this module does not have yet."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(_MODULES[name])
    value = module if module.__name__.endswith(f".{name}") else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, loaded or not."""
    return sorted({*globals(), *__all__})
