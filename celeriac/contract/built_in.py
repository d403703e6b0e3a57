"""The tasks that every worker serves, beside those of its user.

`POST /tasks` accepts them by name; the catalog, OpenAPI and the page do not show them.
"""

from datetime import timedelta
from functools import cache
from typing import Annotated

from pydantic import Field

from celeriac.contract.catalog import Implementations
from celeriac.contract.declaration import task
from celeriac.contract.implementation import implementation_of
from celeriac.files.file import File


@task(name="celeriac.echo", soft_time_limit=timedelta(seconds=10))
def echo(text: Annotated[str, Field(max_length=100)] = "") -> str:
    """Return the text: a round trip through the queue and a worker, for `celeriac doctor`."""
    return text


@task(name="celeriac.make_file", soft_time_limit=timedelta(seconds=10))
def make_file(size: Annotated[int, Field(ge=0, le=1_000_000)] = 0) -> File:
    """Return a file of zeros, for `celeriac doctor`: the API reads what a worker has written."""
    return File(bytes(size), name="zeros")


@cache
def built_in() -> Implementations:
    """By name."""
    implementations = filter(None, map(implementation_of, (echo, make_file)))
    return {implementation.definition.name: implementation for implementation in implementations}
