"""The catalog: every task definition, found by loading the modules of the packages that declare tasks."""

import pkgutil
import sys
from collections.abc import Iterator
from types import ModuleType

from celeriac.contract.declaration import ContractError, Definition, definition_of
from celeriac.contract.importing import import_tasks

Catalog = dict[str, Definition]

# Slow to load, or kept out of the API's process on purpose; a task imports them inside its function.
HEAVY = frozenset(
    "celery kombu billiard PIL numpy pandas scipy sklearn torch tensorflow jax transformers matplotlib cv2 "
    "pyarrow polars sqlalchemy boto3 requests".split()
)


def load_catalog(packages: str) -> Catalog:
    """Load every module of these packages (names separated by commas) and collect what they declare.

    `ContractError` says which module cannot be loaded, which name stands twice, or that nothing was found.
    """
    catalog: Catalog = {}
    for package in packages.split(","):
        for module in _modules(package.strip()):
            for definition in _declared(module):
                _add(catalog, definition)
    if not catalog:
        raise ContractError(
            f"No task is declared in {packages}: put @task above a function in a module there."
        )
    return catalog


def files_without_tasks(packages: str) -> list[str]:
    """The files of these packages, which are loaded, that neither declare a task nor hand one on.

    A package's own `__init__.py` and modules whose name begins with `_` need not.
    """
    return [
        str(module.__file__)
        for package in packages.split(",")
        for module in _modules(package.strip())
        if not (hasattr(module, "__path__") or module.__name__.rpartition(".")[2].startswith("_"))
        and not any(map(definition_of, vars(module).values()))
    ]


def _modules(package: str) -> Iterator[ModuleType]:
    root = _load(package)
    yield root
    for found in pkgutil.iter_modules(getattr(root, "__path__", ()), prefix=package + "."):
        yield _load(found.name)


def _load(name: str) -> ModuleType:
    before = set(sys.modules)
    module = import_tasks(name)
    heavy = sorted(HEAVY & (set(sys.modules) - before))
    if heavy:
        raise ContractError(
            f"{name} imports {', '.join(heavy)} at its top, and so would the API: "
            "move the import into the function that needs it."
        )
    return module


def _declared(module: ModuleType) -> Iterator[Definition]:
    for value in vars(module).values():
        definition = definition_of(value)
        if definition and definition.function.__module__ == module.__name__:
            yield definition


def _add(catalog: Catalog, definition: Definition) -> None:
    other = catalog.setdefault(definition.name, definition)
    if other is not definition:
        raise ContractError(
            f"Task name {definition.name!r} is declared twice, in {other.function.__module__} and in "
            f"{definition.function.__module__}: rename one with @task(name=...)."
        )
