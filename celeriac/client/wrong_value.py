"""A value of an input that is not valid, and where it is."""

from typing import NamedTuple


class WrongValue(NamedTuple):
    """A value of an input that is not valid."""

    #: A JSON pointer (RFC 6901) into the input, or `?name` for an option, or the name of a header.
    pointer: str
    #: What is wrong with it.
    detail: str
