"""Converts the text of `key=value` to a JSON value of the parameter's type."""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from celeriac.command.tasks.input.errors import InputError
from celeriac.command.tasks.input.example import example_words
from celeriac.command.tasks.input.files import NamedBytes, text_of
from celeriac.command.tasks.input.json_text import json_value
from celeriac.command.tasks.input.label import label_of
from celeriac.values.json.shape import Leaf, Shape

SHOWN = 60
# Files up to this size are part of the JSON.
LARGE = 65_536
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")


class _NotOfThisKind(Exception):
    """The text is not a value of this alternative."""


def value_of(content: str | bytes, shape: Shape, name: str) -> Any:
    """The value of a text, or of a file's bytes, for the parameter of this name."""
    if shape.is_base64:
        return _base64(content, shape, name)
    text = content if isinstance(content, str) else text_of(content, f"The file for {name}")
    if shape.is_free_text:
        _check_unicode(text, name)
        return text
    if isinstance(content, bytes):
        text = text.strip()
    for kind, read in _READERS.items():
        for leaf in shape.leaves:
            if leaf.kind == kind:
                try:
                    return read(_Word(text, leaf, shape, name))
                except _NotOfThisKind:
                    continue
    raise wrong_value(text, shape, name)


def values_of(contents: list[str | bytes], shape: Shape, name: str) -> list[Any]:
    """The array of a parameter that is repeated."""
    leaf = shape.leaf("array", "any")
    if leaf is None:
        raise InputError(
            f"{name} is given {len(contents)} times, and is {article(label_of(shape))}.", "Give one value."
        )
    return [value_of(content, shape.item(leaf, place), name) for place, content in enumerate(contents)]


def wrong_value(text: str, shape: Shape, name: str) -> InputError:
    """The refusal of a text, with the type and an example."""
    excerpt = text if len(text) <= SHOWN else text[:SHOWN] + "…"
    return InputError(
        f"{name} is {article(label_of(shape))} (given: {excerpt!r}).",
        " ".join(example_words(name, shape)),
    )


def article(label: str) -> str:
    """A type with the word that belongs before it."""
    plural = label.startswith(("bytes", "text", "true", "null", "any")) or "|" in label.partition(" or ")[0]
    if plural:
        return f"one of {label}" if "|" in label else label
    return f"{'an' if label[0] in 'aeioAEIO' else 'a'} {label}"


def _base64(content: str | bytes, shape: Shape, name: str) -> Any:
    if isinstance(content, NamedBytes) and shape.leaf("object"):
        return _file(content)
    if isinstance(content, bytes):  # the client sends a large file as it is
        return content if len(content) > LARGE else base64.b64encode(content).decode("ascii")
    if all(leaf.is_base64 for leaf in shape.leaves if leaf.kind == "string") and not _is_base64(content):
        excerpt = content if len(content) <= SHOWN else content[:SHOWN] + "…"
        raise InputError(f"{name} is bytes, and {excerpt!r} is not base64.", f"{name}=@{excerpt or 'FILE'}")
    return content


def _file(content: NamedBytes) -> Any:
    """A file keeps its name, for a parameter that can have one."""
    from celeriac.files.file import File  # pydantic is slow to load

    file = File(content, name=content.name)
    return file if len(content) > LARGE else file.json_form()


def _is_base64(text: str) -> bool:
    try:
        return len(text) % 4 == 0 and base64.b64decode(text, validate=True) is not None
    except ValueError:
        return False


def _check_unicode(text: str, name: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InputError(
            f"The text of {name} is not valid UTF-8.", "Send it as a file, to a parameter of bytes."
        ) from None


@dataclass(frozen=True)
class _Word:
    """A text, and the alternative that it is tried against."""

    text: str
    leaf: Leaf
    shape: Shape
    name: str

    def json(self) -> Any:
        return json_value(self.text, self.name)


def _null(word: _Word) -> None:
    if word.text != "null":
        raise _NotOfThisKind


def _boolean(word: _Word) -> bool:
    if word.text not in ("true", "false"):
        raise _NotOfThisKind
    return word.text == "true"


def _integer(word: _Word) -> Any:
    if not _INTEGER.fullmatch(word.text):
        raise _NotOfThisKind
    return word.json()


def _number(word: _Word) -> Any:
    if not _NUMBER.fullmatch(word.text):
        raise _NotOfThisKind
    return word.json()


def _decimal(word: _Word) -> Any:
    """As text, where that is accepted: 0.10 is not 0.1, and no float is exact."""
    if not _NUMBER.fullmatch(word.text):
        raise _NotOfThisKind
    is_text = any(
        leaf.kind == "decimal" and leaf.schema.get("type") == "string" for leaf in word.shape.leaves
    )
    return word.text if is_text else word.json()


def _choice(word: _Word) -> Any:
    """A text that is listed; otherwise the JSON of a listed value, and 1, 1.0 and true are three values."""
    choices = word.leaf.choices
    if word.text in [choice for choice in choices if isinstance(choice, str)]:
        return word.text
    try:
        value = word.json()
    except InputError:
        raise _NotOfThisKind from None
    if any(
        type(choice) is type(value) and choice == value for choice in choices if not isinstance(choice, str)
    ):
        return value
    raise _NotOfThisKind


def _any(word: _Word) -> Any:
    try:
        return word.json()
    except InputError:
        _check_unicode(word.text, word.name)
        return word.text


def _array(word: _Word) -> Any:
    if word.text.startswith("["):
        return word.json()
    item = word.shape.item(word.leaf, 0)
    if item.leaf("array", "any") or not word.text:
        raise _NotOfThisKind
    return [value_of(word.text, item, word.name)]


def _json_object(word: _Word) -> Any:
    if not word.text.startswith("{"):
        raise _NotOfThisKind
    return word.json()


def _exact_text(word: _Word) -> str:
    if not word.text:
        raise _NotOfThisKind
    _check_unicode(word.text, word.name)
    return word.text


# In the order in which they are tried.
_READERS: dict[str, Callable[[_Word], Any]] = {
    "null": _null,
    "boolean": _boolean,
    "integer": _integer,
    "number": _number,
    "decimal": _decimal,
    "choice": _choice,
    "object": _json_object,
    "array": _array,
    "string": _exact_text,
    "any": _any,
}
