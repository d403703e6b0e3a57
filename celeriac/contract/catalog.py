"""Loads the catalog: every task definition of the packages that declare tasks."""

import pkgutil
import sys
from collections.abc import Iterator
from types import ModuleType

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
