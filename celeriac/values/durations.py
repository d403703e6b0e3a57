"""Parses a duration: seconds, a number with a unit, or ISO 8601."""

import re
from datetime import timedelta

from pydantic import TypeAdapter

WORDS = (
    "write a duration: seconds (90, 0.5), a number with s, m, h, d or w (90m, 1.5h), or ISO 8601 (PT1H30M)"
)

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_NUMBER = re.compile(r"([+-]?[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?) ?([smhdw]?)")
# Months have no fixed length.
_ISO = re.compile(r"P(?=[0-9T])([0-9]+W)?([0-9.]+D)?(T(?=[0-9])([0-9.]+H)?([0-9.]+M)?([0-9.]+S)?)?")
_from_iso = TypeAdapter(timedelta).validate_python


def duration_of(text: str) -> timedelta:
    """The duration in this text; `ValueError` describes how to write one."""
    try:
        if number := _NUMBER.fullmatch(text):
            return timedelta(seconds=float(number[1]) * _UNITS[number[2]])
        if _ISO.fullmatch(text):
            return _from_iso(text)
    except (ValueError, OverflowError):
        pass
    raise ValueError(WORDS)
