"""Keywords and formats of ours, by which a schema judges as a worker does.

jsonschema-rs makes one object of a class for each place of a schema that has the keyword; a value that is not valid raises
`ValueError` with the words for the caller.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from functools import cache, partial
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
)
from re import Pattern
from typing import Any
from uuid import UUID

from pydantic import IPvAnyAddress, IPvAnyInterface, IPvAnyNetwork, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError, PydanticKnownError, to_json

from celeriac.contract.json_schema.exact import READ_BEFORE, exact_validator
from celeriac.contract.json_schema.markers import EXACT, KEY, Marked
from celeriac.files.accepts import Accepts
from celeriac.files.file import File
from celeriac.files.form import Blobs, read_bytes, read_form

# Beside the markers; nobody outside hears of these.
FORMAT, FILE, WHOLE, FINITE, SAME = "x-format", "x-file", "x-whole", "x-finite", "x-same"

# Pydantic's own, where JSON Schema's differ: they are what a worker reads.
FORMATS: dict[str, Any] = {
    "date-time": datetime,
    "date": date,
    "time": time,
    "duration": timedelta,
    "uuid": UUID,
    "ipv4": IPv4Address,
    "ipv6": IPv6Address,
    "ipv4network": IPv4Network,
    "ipv6network": IPv6Network,
    "ipv4interface": IPv4Interface,
    "ipv6interface": IPv6Interface,
    "ipvanyaddress": IPvAnyAddress,
    "ipvanynetwork": IPvAnyNetwork,
    "ipvanyinterface": IPvAnyInterface,
    "regex": Pattern[str],
}


class Exact:
    """`x-exact`: a marker; celeriac/contract/json_schema/markers.py describes those."""

    is_key = False

    def __init__(self, _: Any, marker: Any, __: Any) -> None:
        """`UnknownMarker` if it is none of ours."""
        self._marked = Marked(marker, is_key=self.is_key)

    def validate(self, value: Any) -> None:
        """`ValueError` unless the value fits."""
        try:
            self._marked.check(value)
        except ValidationError as wrong:
            raise ValueError(_words(wrong)) from None


class Key(Exact):
    """`x-key`: the same of a name."""

    is_key = True


class Format:
    """`x-format`: a text of one of the formats above."""

    def __init__(self, _: Any, name: Any, __: Any) -> None:
        """Its name."""
        self._judge = format_judge(name)

    def validate(self, value: Any) -> None:
        """`ValueError` unless the value fits."""
        try:
            self._judge(value)
        except ValidationError as wrong:
            raise ValueError(_words(wrong)) from None


class Whole:
    """`x-whole`: an integer that is written as one."""

    def __init__(self, _: Any, __: Any, ___: Any) -> None:
        """It has no options."""

    def validate(self, value: Any) -> None:
        """`ValueError` for 1.0, which JSON Schema takes for an integer."""
        if isinstance(value, float):
            raise ValueError("Input should be a valid integer")  # noqa: TRY004 - what jsonschema-rs reads


class Finite:
    """`x-finite`: a number that a double can be."""

    def __init__(self, _: Any, __: Any, ___: Any) -> None:
        """It has no options."""

    def validate(self, value: Any) -> None:
        """`ValueError` for an integer beyond a double."""
        try:
            if isinstance(value, int):
                float(value)
        except OverflowError:
            raise ValueError("Input should be a finite number") from None


class Same:
    """`x-same`: one of these values, of the same type; where a float is listed, an integer may be written."""

    def __init__(self, _: Any, values: Any, __: Any) -> None:
        """The values."""
        self._integers = {value for value in values if type(value) is int}

    def validate(self, value: Any) -> None:
        """`ValueError` for 1.0 in the place of 1."""
        if isinstance(value, float) and value in self._integers:
            raise ValueError("Input should be written as an integer")


def file_keyword(blobs: Blobs | None) -> type:
    """The class of `x-file`: a file or bytes, as form.py has them in JSON. They may be these blobs."""

    class FileKeyword:
        """Reads it as a worker does."""

        def __init__(self, _: Any, options: Mapping[str, Any], __: Any) -> None:
            """What is accepted; `ValueError` if that is no type or size."""
            limits = options["limits"]
            self._is_bytes = options["is_bytes"]
            self._accepts = Accepts(*limits.get("types", ()), most=limits.get("most_bytes"))

        def validate(self, value: Any) -> None:
            """`ValueError` unless the value is a file that is accepted."""
            try:
                self._accepts.check(self._read(value))
            except (PydanticCustomError, PydanticKnownError) as wrong:
                raise ValueError(wrong.message()) from None

        def _read(self, value: Any) -> bytes | File:
            if self._is_bytes:
                return read_bytes(value, blobs)
            form = read_form(value, blobs)
            return File.of(form.content, name=form.name, content_type=form.content_type)

    return FileKeyword


def keyword_classes(blobs: Blobs | None = None) -> dict[str, type]:
    """By keyword; inputs may name these blobs."""
    return {
        EXACT: Exact,
        KEY: Key,
        FORMAT: Format,
        FILE: file_keyword(blobs),
        WHOLE: Whole,
        FINITE: Finite,
        SAME: Same,
    }


@cache
def format_judge(name: str) -> Callable[[Any], object]:
    """Raises pydantic's `ValidationError` for a value that has not this format. Made when it is first needed."""
    core_schema = TypeAdapter(FORMATS[name]).core_schema
    validator = exact_validator(core_schema)
    if core_schema["type"] in READ_BEFORE:
        return partial(validator.validate_python, strict=True)
    return lambda value: validator.validate_json(to_json(value), strict=True)


def fits(name: str, value: Any) -> bool:
    """Whether a text has this format."""
    try:
        format_judge(name)(value)
    except ValidationError:
        return False
    return True


def _words(wrong: ValidationError) -> str:
    return wrong.errors(include_url=False, include_context=False, include_input=False)[0]["msg"]
