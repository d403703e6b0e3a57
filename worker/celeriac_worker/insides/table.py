"""Compares what is installed of Celery, kombu and billiard with table.toml.

The table has the private, replaced and copied names that the worker relies on, by our file, as they were read. Where one differs,
compare that file with it; then `python -m celeriac_worker.insides` writes the table anew.
"""

import dis
import hashlib
import importlib
import inspect
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from importlib.metadata import version
from pathlib import Path
from types import CodeType
from typing import Any

TABLE = Path(__file__).with_name("table.toml")
GONE = "(gone)"


@dataclass(frozen=True, slots=True)
class Inside:
    """A function, a class or a module of theirs, that a file of ours relies on."""

    ours: str
    # As `module:Class.function`, `module:Class` or `module`.
    place: str
    # Of a function: the names of its parameters.
    parameters: str | None = None
    # Where ours repeats or replaces its body, or its body makes what ours reads: a hash of that.
    source: str | None = None
    # The attributes that it gives to an object, and that ours reads.
    sets: tuple[str, ...] = ()
    # The names in a class or a module that ours reads.
    has: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """A name that differs from the table."""

    ours: str
    package: str
    name: str

    def __str__(self) -> str:
        """What to do about it."""
        return f"{self.package}'s `{self.name}` changed: compare worker/celeriac_worker/{self.ours}"


@dataclass(frozen=True, slots=True)
class Table:
    """The names that the worker relies on, and the versions of the table."""

    read_from: dict[str, str]
    insides: tuple[Inside, ...]


def read_table() -> Table:
    """The table in table.toml."""
    table = tomllib.loads(TABLE.read_text())
    read_from = table.pop("read_from")
    return Table(read_from, tuple(_insides(table)))


def differences(table: Table | None = None) -> list[Difference]:
    """Each name that differs from the table; none if the installed versions are those of the table."""
    table = table or read_table()
    if all(version(package) == read_version for package, read_version in table.read_from.items()):
        return []
    return [difference for inside in table.insides for difference in compare(inside)]


def compare(inside: Inside) -> list[Difference]:
    """What differs in one entry."""
    actual = read(inside)
    if (actual.parameters, actual.source) != (inside.parameters, inside.source):
        names = [inside.place.rpartition(":")[2].rpartition(".")[2]]
    else:
        names = [
            name for name in (*inside.sets, *inside.has) if name not in actual.sets and name not in actual.has
        ]
    package = inside.place.partition(".")[0]
    return [Difference(inside.ours, package, name) for name in names]


def read(inside: Inside) -> Inside:
    """The same entry as it is installed."""
    module, _, path = inside.place.partition(":")
    try:
        value: Any = reduce(getattr, path.split(".") if path else [], importlib.import_module(module))
        parameters = inside.parameters and ", ".join(inspect.signature(value).parameters)
    except (ImportError, AttributeError, TypeError, ValueError):
        return Inside(inside.ours, inside.place, GONE)
    source = inside.source and hashlib.sha256(inspect.getsource(value).encode()).hexdigest()[:16]
    stored = set(_stored(value.__code__)) if inside.sets else set()
    return Inside(
        inside.ours,
        inside.place,
        parameters,
        source,
        tuple(name for name in inside.sets if name in stored),
        tuple(name for name in inside.has if hasattr(value, name)),
    )


def _insides(table: dict[str, Any]) -> Iterator[Inside]:
    for ours, entries in table.items():
        for place, entry in entries.items():
            names: dict[str, Any] = {
                name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()
            }
            yield Inside(ours, place, **names)


def _stored(code: CodeType) -> Iterator[str]:
    """The names of the attributes that this code sets, on whatever object."""
    yield from (step.argval for step in dis.get_instructions(code) if step.opname == "STORE_ATTR")
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _stored(constant)
