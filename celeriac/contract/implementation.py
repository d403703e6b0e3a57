"""Joins a definition with its function and the types that check it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, TypeAdapter

from celeriac.contract.definition import Definition
from celeriac.contract.options.retry import RetryPolicy
from celeriac.contract.options.schedule import Every, Schedule
from celeriac.contract.shared import Shared
from celeriac.values.kinds import Kind


@dataclass(frozen=True, eq=False, kw_only=True)
class Implementation:
    """A declared function, and the definition that follows from its declaration."""

    definition: Definition
    # A plain function, a coroutine function, or an async generator function.
    function: Callable[..., Any]
    input_model: type[BaseModel]
    output: TypeAdapter[Any]
    # Of a generator: turns one of the values that it yields into JSON values, as `output` does with a result.
    item: TypeAdapter[Any] | None = None
    retry: RetryPolicy | None
    # By name.
    schedules: Mapping[str, Schedule | Every] = field(default_factory=dict)
    # By parameter: what a worker gives the function beside its input.
    shared: Mapping[str, Shared] = field(default_factory=dict)

    @property
    def kind(self) -> Kind:
        """How the function is called."""
        return self.definition.kind


def implementation_of(function: object) -> Implementation | None:
    """What `@task` recorded on this function, if anything."""
    implementation = getattr(function, "__celeriac__", None)
    return implementation if isinstance(implementation, Implementation) else None
