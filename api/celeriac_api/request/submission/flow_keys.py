"""Finds the keys of a submission: texts, or values of its input."""

import json
from collections.abc import Callable, Collection
from typing import Any

from celeriac.contract.options.flow import (
    LONGEST_KEY,
    Concurrency,
    Debounce,
    Flow,
    FlowOption,
    Throttle,
    Unique,
)
from celeriac.ledger.model.flow import ConcurrencyKey, DebounceKey, FlowKeys, ThrottleKey, UniqueKey
from celeriac.values.durations import duration_of
from celeriac.values.rates import interval_of
from celeriac_api.request.body import invalid_input
from celeriac_api.response.errors import InvalidInput

# What a value looks like that has no place in the input.
_NOWHERE = object()


def flow_keys(
    flow: Flow, input_json: bytes, *, chosen: Flow, at: str = "", hidden: Collection[str] = ()
) -> FlowKeys:
    """The keys of these options in a submission with this valid input, which is at a JSON pointer of the body.

    422 if a pointer leads to no text, number or truth value, or to a parameter whose values are hidden.
    """
    finder = _Finder(input_json, at=at, hidden=hidden)
    keys: dict[str, Any] = {
        name: _KEYS[name](option, finder.key_of(name, option)) for name, option in flow.options.items()
    }
    return FlowKeys(**keys, chosen=chosen.to_json() if chosen.options else None)


def found_key(name: str, key: str, input_json: bytes, *, at: str = "", hidden: Collection[str] = ()) -> str:
    """The same for one option that is nothing but a key."""
    return _Finder(input_json, at=at, hidden=hidden).key_of(name, FlowOption(key=key))


def _unique(option: Unique, key: str) -> UniqueKey:
    return UniqueKey(key=key, period=option.period, otherwise=option.else_)


def _debounce(option: Debounce, key: str) -> DebounceKey:
    return DebounceKey(key=key, quiet=duration_of(option.quiet), at_most=duration_of(option.at_most))


def _throttle(option: Throttle, key: str) -> ThrottleKey:
    return ThrottleKey(key=key, interval=interval_of(option.rate), burst=option.burst, rate=option.rate)


def _concurrency(option: Concurrency, key: str) -> ConcurrencyKey:
    return ConcurrencyKey(key=key, limit=option.limit, otherwise=option.else_)


_KEYS: dict[str, Callable[[Any, str], object]] = {
    "unique": _unique,
    "debounce": _debounce,
    "throttle": _throttle,
    "concurrency": _concurrency,
}


class _Finder:
    """Looks values up in an input, which is read once."""

    def __init__(self, input_json: bytes, *, at: str, hidden: Collection[str]) -> None:
        self._text, self._at, self._hidden = input_json, at, hidden
        self._value: Any = _NOWHERE

    def key_of(self, name: str, option: FlowOption) -> str:
        """The text of a key: that of the option, or the pointer, `=` and the value to which it leads."""
        pointer = option.key
        if not pointer.startswith("/"):
            return pointer
        steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer[1:].split("/")]
        if steps[0] in self._hidden:
            raise self._wrong(name, pointer, "is hidden, and keys are shown", None)
        value = self._at_steps(steps)
        if value is _NOWHERE:
            raise self._wrong(name, pointer, "should be given", None)
        if not isinstance(value, str | int | float):
            raise self._wrong(name, pointer, "should be a text, a number, true or false", value)
        key = f"{pointer}={value if isinstance(value, str) else json.dumps(value)}"
        if len(key) > LONGEST_KEY:
            raise self._wrong(
                name, pointer, f"should be shorter: a key has at most {LONGEST_KEY} characters", value
            )
        return key

    def _at_steps(self, steps: list[str]) -> Any:
        if self._value is _NOWHERE:
            self._value = json.loads(self._text)
        value = self._value
        for step in steps:
            if isinstance(value, dict) and step in value:
                value = value[step]
            elif isinstance(value, list) and step.isdecimal() and step.isascii() and int(step) < len(value):
                value = value[int(step)]
            else:
                return _NOWHERE
        return value

    def _wrong(self, name: str, pointer: str, sentence: str, value: Any) -> InvalidInput:
        return invalid_input([(self._at + pointer, f"is the key of `{name}`: it {sentence}", value)])
