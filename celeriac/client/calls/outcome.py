"""What `map` gives for each input."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias

from typing_extensions import TypeVar

from celeriac.client.errors import CeleriacError

Fields: TypeAlias = Mapping[str, Any]
# What a task returns: any JSON value, unless typed calls know it.
Value = TypeVar("Value", default=Any)


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Value]):
    """What became of one of the inputs of `map`."""

    #: The place of the input among all, from 0.
    number: int
    input: Fields
    #: Of the task, if it was accepted.
    task_id: str | None
    #: What the task returned; None if there is an error, too.
    value: Value | None = None
    error: CeleriacError | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the task returned a value."""
        return self.error is None

    def result(self) -> Value:
        """The value; raises the error if there is one."""
        if self.error is not None:
            raise self.error
        value: Any = self.value
        return value  # type: ignore[no-any-return]  # of the task, as there is no error
