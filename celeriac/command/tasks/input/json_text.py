"""Reads JSON by RFC 8259, and refuses what Python's reader lets pass."""

import json
import math
from typing import Any, NoReturn

from celeriac.command.tasks.input.errors import InputError
from celeriac.values.json.doubled_name import doubled_name

SHOWN = 60
ADVICE = 'Write JSON, as in \'{"x": 4, "y": 5}\'.'


def json_value(text: str, source: str) -> Any:
    """The value of this text; `InputError` names the source, and where it stops being JSON."""
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InputError(f"{source} is not valid JSON: {error.msg.lower()} ({place}).", ADVICE) from None
    except RecursionError:
        raise InputError(f"{source} is nested too deep.", "Flatten it.") from None
    except _Refused as refusal:
        raise InputError(f"{source} is not valid JSON: {refusal}.", ADVICE) from None
    except ValueError:  # of Python's int: its limit is the server's
        raise InputError(
            f"{source} has an integer with more than 4,300 digits.", "Send it as text."
        ) from None
    # Half a surrogate pair has no form in UTF-8; only an escape, or a word that is not UTF-8, makes one.
    if "\\u" in text or not text.isascii():
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise InputError(
                f"{source} has half of a surrogate pair, which is not a character.", ADVICE
            ) from None
    return value


class _Refused(Exception):
    """Python would accept it. The text says what it is."""


def _object(members: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(members)
    if len(value) < len(members):
        raise _Refused(f"the name {doubled_name(members)[:SHOWN]!r} appears twice in one object")
    return value


def _constant(name: str) -> NoReturn:
    raise _Refused(f"{name} is not a JSON number")


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise _Refused(f"the number {text[:SHOWN]} is too large for a double-precision float")
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)
