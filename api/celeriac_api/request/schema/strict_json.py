"""Reads JSON, and refuses what a worker cannot handle."""

import json
import re
from collections.abc import Callable, Sequence
from math import isinf
from typing import Any

from pydantic_core import from_json

from celeriac.ledger.protocol.message import TYPED_VALUE
from celeriac.values.json.doubled_name import doubled_name
from celeriac.values.json.nesting import depth_of
from celeriac_api.response.errors import InvalidInput, MalformedJSON, Problem

DEEPEST = 32
LONGEST_NAME = 80
_SPACE = " \t\n\r"  # RFC 8259 §2
# The digits of 1.8e308, which is too large for a double.
LONGEST_DOUBLE = 309
_LONG_NUMBER = b"0" * LONGEST_DOUBLE
_DIGITS = bytes(ord("0") if chr(byte).isdigit() and byte < 128 else byte for byte in range(256))
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)


def read(body: bytes, *, deepest: int | None = DEEPEST) -> tuple[Any, bool]:
    """The value of a JSON text, and whether it may contain whole numbers that are written as 1.0 or 1e0.

    Malformed JSON gets 400. The rest is as in `check`; with a `deepest` of None, the depth was looked at before.
    """
    before = _FLOATS.mark
    try:
        text = body.decode().strip(_SPACE)
        value, end = _SCAN(text, 0)
    except (ValueError, StopIteration, RecursionError, Problem) as wrong:
        raise _malformed(body, wrong) or wrong from wrong
    if end < len(text):
        raise _malformed(body, None) or MalformedJSON("Invalid JSON: something follows the value.")
    if b"\\" in body and b"\\u" in body and _SURROGATE.search(body) and (problem := _malformed(body, None)):
        raise problem
    if (
        deepest is not None
        and len(body) > deepest
        and _may_be_deeper(body, deepest)
        and depth_of(value) > deepest
    ):
        raise too_deep(deepest)
    return value, _FLOATS.mark is not before


def has_long_number(body: bytes) -> bool:
    """Whether so many digits follow one another that it may be a number beyond a double."""
    return _LONG_NUMBER in body.translate(_DIGITS)


def invalid_json(message: str) -> Problem:
    """The problem with a text of which pydantic's parser says this. It gives up at a depth of its own, before it knows whether the rest is JSON."""
    return too_deep() if "recursion limit" in message else MalformedJSON(f"{message}.")


def check(body: bytes, *, deepest: int = DEEPEST) -> None:
    """Refuse doubled names, NaN, numbers beyond a double, typed values of Celery's, and what is nested too deep.

    Pydantic has found that it is JSON otherwise. The decoder's hooks look at every value, in time that grows with the body's
    size and no faster.
    """
    value, _ = _DECODER.raw_decode(body.decode().lstrip(_SPACE))
    if body.count(b"{") + body.count(b"[") > deepest and depth_of(value) > deepest:
        raise too_deep(deepest)


def strict_values(texts: Sequence[bytes], joined: bytes, *, deepest: int) -> list[Any]:
    """The values of these texts, each of which is JSON, checked in the same way; `joined` is one array of all of them.

    To look at many small texts at once takes half as long.
    """
    values: list[Any] = _DECODER.decode(joined.decode())
    for text, value in zip(texts, values, strict=True):
        if text.count(b"{") + text.count(b"[") > deepest and depth_of(value) > deepest:
            raise too_deep(deepest)
    return values


def strict_value(text: str) -> Any:
    """The value of a JSON text, refused in the same way; `ValueError` if it is not JSON."""
    return _DECODER.decode(text)


def check_size(body: bytes, *, most_values: int) -> None:
    """Refuse a body of more than this many values: members of objects and items of arrays."""
    if _most_possible(body) > most_values and _most_possible(_STRING.sub(b"", body)) > most_values:
        raise InvalidInput(
            f"The body contains more than {most_values} values (members of objects and items of arrays), the limit: one for each "
            "8 bytes of CELERIAC_MAX_BODY_BYTES: split it, or send the values as one text."
        )


def too_deep(deepest: int = DEEPEST) -> InvalidInput:
    """The refusal of what is nested too deep."""
    return InvalidInput(f"The body is nested more than {deepest} levels deep: flatten it.")


def _may_be_deeper(body: bytes, deepest: int) -> bool:
    return body.count(b"{") + body.count(b"[") > deepest


def _most_possible(text: bytes) -> int:
    """Each container has a value more than it has commas, unless it is empty."""
    return text.count(b",") + text.count(b"[") + text.count(b"{")


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(members)
    if len(value) < len(members):
        name = doubled_name(members)
        label = repr(name if len(name) <= LONGEST_NAME else name[:LONGEST_NAME] + "…")
        raise MalformedJSON(
            f"The name {label} appears twice in one object; which value counts is undefined (RFC 8259 §4)."
        )
    if value.keys() == TYPED_VALUE:
        raise InvalidInput(
            "An object with the members '__type__' and '__value__' has a special meaning in Celery: rename one of them."
        )
    return value


def _constant(name: str) -> Any:
    raise MalformedJSON(f"{name} is not valid JSON: send a finite number, or null.")


def _malformed(body: bytes, wrong: Exception | None) -> Problem | None:
    """What is wrong with a text that is not JSON, in the words of pydantic's parser; None if it is JSON."""
    try:
        from_json(body, allow_inf_nan=True)
    except ValueError as reason:
        return invalid_json(f"Invalid JSON: {reason}")
    return None if wrong is None or isinstance(wrong, Problem) else MalformedJSON(f"Invalid JSON: {wrong}.")


class _Floats:
    """Reads numbers with a fraction or an exponent; the mark is another one after each that is whole, whichever thread reads it."""

    def __init__(self) -> None:
        self.mark = object()

    def read(self, text: str) -> float:
        number = float(text)
        if number.is_integer():
            self.mark = object()
        elif isinf(number):
            raise InvalidInput(f"The number {text[:40]} is too large for a double-precision float.")
        return number


_FLOATS = _Floats()
_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_FLOATS.read)
# What `decode` calls, between looks at blanks that take longer than a small body.
_SCAN: Callable[[str, int], tuple[Any, int]] = _DECODER.scan_once  # type: ignore[attr-defined]  # it is public
