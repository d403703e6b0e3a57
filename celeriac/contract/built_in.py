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


@task(name="celeriac.echo", soft_time_limit=timedelta(seconds=10))
def echo(text: Annotated[str, Field(max_length=100)] = "") -> str:
    """Return the text: a round trip through the queue and a worker, for `celeriac doctor`."""
    return text


@cache
def built_in() -> Implementations:
    """By name."""
    implementations = filter(None, map(implementation_of, (echo,)))
    return {implementation.definition.name: implementation for implementation in implementations}
