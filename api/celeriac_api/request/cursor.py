"""The cursor of a list: an opaque text, whose content may change."""

import base64
from collections.abc import Callable
from typing import Annotated

from fastapi import Query
from pydantic import BeforeValidator, Field, WithJsonSchema

from celeriac_api.request.parameter_types import misfit

_DESCRIPTION = "The `next_cursor` of the previous page."
CURSOR_SCHEMA = WithJsonSchema({"type": "string", "description": _DESCRIPTION})
CURSOR_QUERY = Query(description=_DESCRIPTION)
# In a page of items.
NextCursor = Annotated[
    str | None, Field(description="Send it as `cursor` to get the next page; null on the last page.")
]


def encoded_cursor(position: bytes) -> bytes:
    """The text for this position, in base64url."""
    return base64.urlsafe_b64encode(position).rstrip(b"=")


def decoded_cursor(text: str) -> bytes:
    """The position in this text; `ValueError` if it is not base64url."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def owner_cursor(owner: str, name: str) -> str:
    """The text for the place behind this name in a list by owner and name."""
    return encoded_cursor(f"{owner}:{name}".encode()).decode()


def owner_and_name(text: str, *, longest: int) -> tuple[str, str]:
    """The owner and the name in such a text, of which this many characters are read."""
    owner, colon, name = decoded_cursor(text[:longest]).decode().partition(":")
    if not colon:
        raise ValueError(text)
    return owner, name


def read_cursor(read: Callable[[str], object]) -> BeforeValidator:
    """The validator of a cursor that this function reads; its `ValueError` becomes the refusal."""

    def validated(text: str) -> object:
        try:
            return read(text)
        except ValueError as wrong:
            raise misfit("should be the `next_cursor` of an earlier page") from wrong

    return BeforeValidator(validated)
