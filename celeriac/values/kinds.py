"""The kinds of functions that can be tasks."""

import inspect
from enum import StrEnum


class Kind(StrEnum):
    """How a task is called: `def`, `async def`, or `async def` with `yield`."""

    PLAIN = "plain"
    COROUTINE = "coroutine"
    GENERATOR = "generator"


def kind_of(function: object) -> Kind:
    """Of a function."""
    if inspect.isasyncgenfunction(function):
        return Kind.GENERATOR
    return Kind.COROUTINE if inspect.iscoroutinefunction(function) else Kind.PLAIN
