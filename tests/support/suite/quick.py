"""Finds the tests that start no program, for `make quick`."""

import inspect
import subprocess
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType

import pytest

from celeriac.stack.processes import process
from celeriac.stack.valkey import Valkey

# Whoever names one of these in its code starts a program.
STARTERS = (subprocess, process, Valkey)
OURS = ("tests", "lab")

_verdicts: dict[int, bool] = {}


def leave_out_slow(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of these tests, keep the quick ones alone."""
    quick = [item for item in items if is_quick(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(quick)])
    items[:] = quick


def is_quick(item: pytest.Item) -> bool:
    """Whether neither the code of this test, nor that of a fixture of its, leads to what starts a program."""
    assert isinstance(item, pytest.Function)
    fixtures = [
        fixture for definitions in item._fixtureinfo.name2fixturedefs.values() for fixture in definitions
    ]
    return not any(
        starts_program(value) for value in (item.function, *(fixture.func for fixture in fixtures))
    )


def starts_program(value: object) -> bool:
    """Whether this is one of the starters, or code of ours that names one, or names what does."""
    if value in STARTERS:
        return True
    if id(value) not in _verdicts:
        _verdicts[id(value)] = False  # while it is looked through, for what leads back to itself
        _verdicts[id(value)] = any(starts_program(inner) for inner in _named_in(value))
    return _verdicts[id(value)]


def _named_in(value: object) -> Iterator[object]:
    """What a function's code names; for a class, its functions."""
    if isinstance(value, type) and value.__module__.startswith(OURS):
        yield from value.__mro__[1:]
        yield from (getattr(value, name) for name in vars(value))
    value = inspect.unwrap(value) if callable(value) else value
    if isinstance(value, property):
        yield value.fget
    if isinstance(value, FunctionType) and value.__module__.startswith(OURS):
        names = set(_names(value.__code__))
        for value_of_name in (value.__globals__[name] for name in names & value.__globals__.keys()):
            yield value_of_name
            if isinstance(value_of_name, ModuleType) and value_of_name.__name__.startswith(OURS):
                yield from (vars(value_of_name)[name] for name in names & vars(value_of_name).keys())


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
