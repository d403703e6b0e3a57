"""A filter for tasks, and a page of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from celeriac.ledger.model.states import State
from celeriac.ledger.model.task import Task


@dataclass(frozen=True, kw_only=True)
class Listing:
    """Filters: a task has all of `tags`, and is in one of the states, names and queues. `before` (exclusive) and `since` are moments of creation, in microseconds since 1970.

    Only the tasks of `owner`, or those of all owners where that is None.
    """

    owner: str | None
    limit: int
    before: int | None = None
    since: int | None = None
    states: tuple[State, ...] = ()
    names: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def arguments(self) -> tuple[str | int, ...]:
        """As list_tasks.lua reads them."""
        return (
            whose(self.owner),
            self.limit,
            "+inf" if self.before is None else self.before,
            "-inf" if self.since is None else self.since,
            " ".join(self.states),
            len(self.names),
            *self.names,
            len(self.queues),
            *self.queues,
            *self.tags,
        )


@dataclass(frozen=True)
class Page:
    """Tasks, the newest first; `before` is where the next page begins, None after the last one.

    The results of the tasks whose ids are `omitted_results` were too large to be read.
    """

    tasks: list[Task]
    before: int | None
    omitted_results: Sequence[str] = ()


def whose(owner: str | None) -> str:
    """An owner as the scripts have it: "" for whoever sees all tasks."""
    if owner == "":
        raise ValueError("an owner has a name; None sees the tasks of all owners")
    return owner or ""
