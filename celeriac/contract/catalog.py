"""Loads the catalog: every task definition of the packages that declare tasks."""

import pkgutil
import sys
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Generic, TypeVar

from pydantic import BaseModel

from celeriac.contract.definition import Definition
from celeriac.contract.implementation import Implementation, implementation_of
from celeriac.contract.importing import import_tasks
from celeriac.contract.signature import ContractError

# By name.
Catalog = dict[str, Definition]
Implementations = dict[str, Implementation]
# What judges the input of each definition, while the definition's own schema does not.
Validators = dict[str, type[BaseModel]]

# Slow to load, or kept out of the API's process on purpose; a task imports them inside its function.
HEAVY = frozenset(
    "celery kombu billiard PIL numpy pandas scipy sklearn torch tensorflow jax transformers matplotlib cv2 "
    "pyarrow polars sqlalchemy boto3 requests aiohttp asyncpg anthropic openai".split()
)

Made = TypeVar("Made")


class PerDefinition(Generic[Made]):
    """What is made of each definition at its first use, and anew when the catalog has another one of its name."""

    def __init__(self, catalog: Mapping[str, Definition], make: Callable[[Definition], Made]) -> None:
        """The catalog may change: a definition that has not changed is the same object."""
        self._catalog, self._make = catalog, make
        self._made: dict[str, tuple[Definition, Made]] = {}

    def get(self, name: str) -> Made | None:
        """What is made of the definition of this name; None if there is none."""
        definition = self._catalog.get(name)
        if definition is None:
            self._made.pop(name, None)
            return None
        entry = self._made.get(name)
        if entry is None or entry[0] is not definition:
            entry = self._made[name] = definition, self._make(definition)
        return entry[1]


def load_implementations(packages: str) -> Implementations:
    """Load every module of these packages (names separated by commas) and collect what they declare.

    `ContractError` says which module cannot be loaded, which name is declared twice, or that no task was found.
    """
    implementations: Implementations = {}
    for package in packages.split(","):
        for module in _modules(package.strip()):
            for implementation in _declared(module):
                _add(implementations, implementation)
    if not implementations:
        raise ContractError(
            f"No task is declared in {packages}: put @task above a function in a module there."
        )
    return implementations


def catalog_of(implementations: Implementations) -> Catalog:
    """The definitions of these implementations."""
    return {name: implementation.definition for name, implementation in implementations.items()}


def validators_of(implementations: Implementations) -> Validators:
    """The models that validate the inputs of these."""
    return {name: implementation.input_model for name, implementation in implementations.items()}


def files_without_tasks(packages: str) -> list[str]:
    """The files of these loaded packages that neither declare nor import a task.

    The list leaves out a package's own `__init__.py`, and modules whose name begins with `_`.
    """
    return [
        str(module.__file__)
        for package in packages.split(",")
        for module in _modules(package.strip())
        if not (hasattr(module, "__path__") or module.__name__.rpartition(".")[2].startswith("_"))
        and not any(map(implementation_of, vars(module).values()))
    ]


def _modules(package: str) -> Iterator[ModuleType]:
    root = _load(package)
    yield root
    for module_info in pkgutil.iter_modules(getattr(root, "__path__", ()), prefix=package + "."):
        yield _load(module_info.name)


def _load(name: str) -> ModuleType:
    before = set(sys.modules)
    module = import_tasks(name)
    heavy = sorted(HEAVY & (set(sys.modules) - before))
    if heavy:
        raise ContractError(
            f"{name} imports {', '.join(heavy)} at its top, and the API would import it too: "
            "move the import into the function that needs it."
        )
    return module


def _declared(module: ModuleType) -> Iterator[Implementation]:
    for value in vars(module).values():
        implementation = implementation_of(value)
        if implementation and implementation.definition.module == module.__name__:
            yield implementation


def _add(implementations: Implementations, implementation: Implementation) -> None:
    name = implementation.definition.name
    namesake = implementations.setdefault(name, implementation)
    if namesake is not implementation:
        raise ContractError(
            f"Task name {name!r} is declared twice, in {namesake.definition.module} and in "
            f"{implementation.definition.module}: rename one with @task(name=...)."
        )
