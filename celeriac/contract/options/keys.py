"""Finds the keys of options in the input of a task."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from celeriac.contract.options.flow import LONGEST_KEY, Flow

# What a value looks like that has no place in the input.
_NOWHERE = object()


class NoKey(Exception):
    """A pointer leads to no key; `sentence` says why, and `value` is what is there."""

    def __init__(self, option: str, pointer: str, sentence: str, value: Any) -> None:
        """Of the option with this name."""
        self.pointer, self.value = pointer, value
        self.sentence = f"is the key of `{option}`: it {sentence}"
        super().__init__(f"{pointer} {self.sentence}")


class Keys:
    """Those of a submission: texts, or values of its valid input, which is read once."""

    def __init__(self, input_json: bytes, *, hidden: Collection[str] = ()) -> None:
        """`hidden` names the parameters whose values nobody is shown."""
        self._text, self._hidden = input_json, hidden
        self._value: Any = _NOWHERE

    def rules_of(self, flow: Flow) -> dict[str, Mapping[str, Any]]:
        """By the name of each option, its key and its rules; `NoKey`."""
        return {
            name: {"key": self.key_of(name, option.key), **option.rules}
            for name, option in flow.options.items()
        }

    def key_of(self, name: str, key: str) -> str:
        """The key of the option with this name: the text, or the pointer, `=` and the value to which it leads; `NoKey`."""
        if not key.startswith("/"):
            return key
        steps = [step.replace("~1", "/").replace("~0", "~") for step in key[1:].split("/")]
        if steps[0] in self._hidden:
            raise NoKey(name, key, "is hidden, and keys are shown", None)
        value = self._at(steps)
        if value is _NOWHERE:
            raise NoKey(name, key, "should be given", None)
        if not isinstance(value, str | int | float):
            raise NoKey(name, key, "should be a text, a number, true or false", value)
        text = f"{key}={value if isinstance(value, str) else json.dumps(value)}"
        if len(text) > LONGEST_KEY:
            raise NoKey(name, key, f"should be shorter: a key has at most {LONGEST_KEY} characters", value)
        return text

    def _at(self, steps: list[str]) -> Any:
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
