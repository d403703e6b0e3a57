"""The parameter that leads to a part of a result or an input."""

from typing import Annotated

from fastapi import Query
from pydantic import StringConstraints
from pydantic.json_schema import SkipJsonSchema

Pointer = Annotated[
    Annotated[str, StringConstraints(pattern=r"^(/.*)?$", max_length=1_000)] | SkipJsonSchema[None],
    Query(description="A JSON pointer (RFC 6901): the answer is the part to which it leads, such as a file."),
]
