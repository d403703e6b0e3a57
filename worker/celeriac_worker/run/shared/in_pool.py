"""Opens what plain tasks share, and closes it when their process ends."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import Context
from typing import Any, cast

from celeriac.contract.shared import Shared

logger = logging.getLogger(__name__)


class PoolShares:
    """The shared values of one process, in which one task runs at a time."""

    def __init__(self) -> None:
        """Nothing is open yet."""
        self._values: dict[Shared, Any] = {}
        # In the order in which they were opened.
        self._open: list[tuple[Shared, AbstractContextManager[Any]]] = []

    def values(self, parameters: Mapping[str, Shared]) -> dict[str, Any]:
        """Their values by parameter. What is not open yet is opened; an error of that is raised, and the next one tries again."""
        return {name: self._value(shared) for name, shared in parameters.items()}

    def close(self) -> None:
        """Close all, what was opened last first. An error of one is logged, and the others are closed, too."""
        self._values.clear()
        while self._open:
            shared, opened = self._open.pop()
            try:
                Context().run(opened.__exit__, None, None, None)
            except BaseException:  # the process ends in any case
                logger.exception("shared %s: it was not closed", shared.name)

    def _value(self, shared: Shared) -> Any:
        if shared not in self._values:
            needed = self.values(shared.needs)
            opening = contextmanager(cast("Callable[..., Iterator[Any]]", shared.factory))(**needed)
            # It is not part of the run that happens to be the first.
            value = Context().run(opening.__enter__)
            self._open.append((shared, opening))
            self._values[shared] = value
        return self._values[shared]
