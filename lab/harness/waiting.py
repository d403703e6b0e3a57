"""Waits for a condition, never for a fixed time."""

import time
from collections.abc import Callable
from threading import Event
from typing import TypeVar

POLL_SECONDS = 0.02

Value = TypeVar("Value")


def wait_until(
    condition: Callable[[], Value | None], timeout: float = 60.0, *, what: str = "the condition"
) -> Value:
    """The first truthy value of `condition()`; fails the test when there is none within `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {timeout} s; at the end it was {value!r}")
        Event().wait(POLL_SECONDS)
    return value
