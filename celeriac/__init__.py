"""The public names, for files of tasks and for clients: `from celeriac import task`.

A name is loaded when it is first asked for: `import celeriac` alone loads nothing else.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from celeriac.client.calls.many.step import Step
    from celeriac.client.client import AsyncClient, Client
    from celeriac.contract import context
    from celeriac.contract.declaration import task
    from celeriac.contract.options.flow import Concurrency, Debounce, Throttle, Unique
    from celeriac.contract.options.retry import RetryPolicy
    from celeriac.contract.options.schedule import Every, Schedule
    from celeriac.contract.shared import Shared
    from celeriac.files.accepts import Accepts
    from celeriac.files.base64_bytes import Base64Bytes
    from celeriac.files.file import File
    from celeriac_api.embedding.mounting import mount

__all__ = [
    "Accepts",
    "AsyncClient",
    "Base64Bytes",
    "Client",
    "Concurrency",
    "Debounce",
    "Every",
    "File",
    "RetryPolicy",
    "Schedule",
    "Shared",
    "Step",
    "Throttle",
    "Unique",
    "context",
    "mount",
    "task",
]

# For each public name, its module; where the name is a module itself, that module.
_MODULES = {
    "AsyncClient": "celeriac.client.client",
    "Client": "celeriac.client.client",
    "Accepts": "celeriac.files.accepts",
    "Base64Bytes": "celeriac.files.base64_bytes",
    "File": "celeriac.files.file",
    "Every": "celeriac.contract.options.schedule",
    "Shared": "celeriac.contract.shared",
    "Schedule": "celeriac.contract.options.schedule",
    "RetryPolicy": "celeriac.contract.options.retry",
    "Step": "celeriac.client.calls.many.step",
    "context": "celeriac.contract.context",
    "mount": "celeriac_api.embedding.mounting",
    "task": "celeriac.contract.declaration",
    "Concurrency": "celeriac.contract.options.flow",
    "Debounce": "celeriac.contract.options.flow",
    "Throttle": "celeriac.contract.options.flow",
    "Unique": "celeriac.contract.options.flow",
}


def __getattr__(name: str) -> object:
    """Load a public name; Python asks here for what this module does not have yet."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = import_module(_MODULES[name])
    except ModuleNotFoundError as missing:
        if name != "mount":  # the others need no extra
            raise
        raise ImportError(
            f"celeriac.mount needs the package {missing.name}, which is not installed: pip install 'celeriac[api]'"
        ) from missing
    value = module if module.__name__.endswith(f".{name}") else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, loaded or not."""
    return sorted({*globals(), *__all__})
