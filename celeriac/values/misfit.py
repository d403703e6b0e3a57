"""The error of a validator whose sentence goes on from the name of a value."""

from pydantic_core import PydanticCustomError


def misfit(sentence: str) -> PydanticCustomError:
    """What a validator raises; `sentence` goes on from the value's name: "should be …"."""
    return PydanticCustomError("parameter", sentence)
