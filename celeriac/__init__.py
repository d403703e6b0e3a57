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
    from celeriac_worker.existing_app.install import install

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
    "install",
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
    "install": "celeriac_worker.existing_app.install",
    "mount": "celeriac_api.embedding.mounting",
    "task": "celeriac.contract.declaration",
    "Concurrency": "celeriac.contract.options.flow",
    "Debounce": "celeriac.contract.options.flow",
    "Throttle": "celeriac.contract.options.flow",
    "Unique": "celeriac.contract.options.flow",
}
# The others need no extra.
_EXTRAS = {"install": "app", "mount": "api"}


def __getattr__(name: str) -> object:
    """Load a public name; Python asks here for what this module does not have yet."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = import_module(_MODULES[name])
    except ModuleNotFoundError as missing:
        extra = _EXTRAS.get(name)
        if extra is None:
            raise
        raise ImportError(
            f"celeriac.{name} needs the package {missing.name}, which is not installed: pip install 'celeriac[{extra}]'"
        ) from missing
    value = getattr(module, name, module)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, loaded or not."""
    return sorted({*globals(), *__all__})
