"""What a task waits for: other tasks, and how they must end."""

from dataclasses import dataclass
from datetime import timedelta

from celeriac.ledger.model.times import microseconds
from celeriac.values.states import When

__all__ = ["MOST_AFTER", "MOST_NAMED", "BlockedBy", "Dependencies", "When"]

# Of the tasks for which a blocked one waits, in its document.
MOST_NAMED = 20
# A submission names at most as many.
MOST_AFTER = 1_000


@dataclass(frozen=True, kw_only=True)
class Dependencies:
    """The ids of the tasks that a task waits for, each once, and how they must end.

    Unless the submitter `sees_all`, they belong to the owner of the task. A `delay` counts from their end.
    """

    ids: tuple[str, ...]
    when: When = When.SUCCEEDED
    sees_all: bool = False
    delay: timedelta | None = None
    # Those of them to whose results the input refers.
    references: tuple[str, ...] = ()

    def members(self) -> dict[str, object]:
        """As accept_tasks.lua reads them."""
        delay = None if self.delay is None else microseconds(self.delay)
        return {
            "after": self.ids,
            "when": self.when,
            "sees_all": self.sees_all or None,
            "delay": delay,
            "results": self.references or None,
        }


@dataclass(frozen=True, slots=True)
class BlockedBy:
    """For how many tasks a blocked one waits, and the ids of the first of them; or the key that holds it, and how many are ahead."""

    count: int
    ids: tuple[str, ...]
    key: str | None = None
    ahead: int | None = None
