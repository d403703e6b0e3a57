"""Opens what the async tasks of a loop share, and closes it at the end.

Each value has a task of its own, which opens and closes it: cancel scopes of anyio must be left by the task that has entered them,
and the run that happens to be the first may be cancelled meanwhile.
"""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from contextvars import Context
from typing import Any, cast

from celeriac.contract.shared import Shared

# How long the close of all values may take.
CLOSE_SECONDS = 5.0

logger = logging.getLogger(__name__)


class LoopShares:
    """The shared values of one event loop."""

    def __init__(self) -> None:
        """Nothing is open yet."""
        self._entries: dict[Shared, _Entry] = {}
        # In the order in which they were opened.
        self._open: list[_Entry] = []

    async def values(self, parameters: Mapping[str, Shared]) -> dict[str, Any]:
        """Their values by parameter. Runs wait for the same opening; an error of it is raised in each, and the next one tries again."""
        return {name: await self._value(shared) for name, shared in parameters.items()}

    async def close(self, *, seconds: float = CLOSE_SECONDS) -> None:
        """Close all after the last run, what was opened last first; what takes too long is cancelled. Errors are logged."""
        until = asyncio.get_running_loop().time() + seconds
        for entry in [each for each in self._entries.values() if each not in self._open]:
            await entry.cancel()
        while self._open:
            await self._open.pop().close(until=until)

    async def _value(self, shared: Shared) -> Any:
        entry = self._entries.get(shared)
        if entry is None:
            entry = self._entries[shared] = _Entry(shared, self)
        if not entry.is_settled.is_set():
            await entry.is_settled.wait()
        if entry.error is not None:
            raise entry.error.with_traceback(entry.traceback)
        return entry.value

    def opened(self, entry: "_Entry") -> None:
        """It has its value."""
        self._open.append(entry)

    def forget(self, entry: "_Entry") -> None:
        """It was not opened, or is closed: the next run opens it again."""
        if self._entries.get(entry.shared) is entry:
            del self._entries[entry.shared]
        if entry in self._open:
            self._open.remove(entry)


class _Entry:
    """One shared value, and the task that has it."""

    def __init__(self, shared: Shared, shares: LoopShares) -> None:
        self.shared, self._shares = shared, shares
        self.value: Any = None
        self.error: BaseException | None = None
        self.traceback: Any = None
        # It is open, or will not be.
        self.is_settled = asyncio.Event()
        self._is_wanted_closed = asyncio.Event()
        # Not made by the loop's factory: it belongs to no run, and has nothing of the context of the first one.
        self._task = asyncio.Task(
            self._own(), loop=asyncio.get_running_loop(), name=f"shared {shared.name}", context=Context()
        )

    async def close(self, *, until: float) -> None:
        """Wait for its end until this time of the loop, and cancel it then."""
        self._is_wanted_closed.set()
        await asyncio.wait([self._task], timeout=max(0.0, until - asyncio.get_running_loop().time()))
        if not self._task.done():
            logger.warning("shared %s: its close takes too long, and is cancelled", self.shared.name)
            await self.cancel()

    async def cancel(self) -> None:
        """Cancel its task, and give it a moment to end."""
        self._task.cancel()
        await asyncio.wait([self._task], timeout=1.0)

    async def _own(self) -> None:
        """Open it, keep it, close it. Nothing is raised: `SystemExit`, say, would end the loop."""
        try:
            needed = await self._shares.values(self.shared.needs)
            async with self._opening(needed) as value:
                self._settle(value)
                await self._is_wanted_closed.wait()
        except BaseException as error:  # noqa: BLE001 - it is told to those who wait, or logged
            self._end_with(error)
        finally:
            self._shares.forget(self)

    def _opening(self, needed: Mapping[str, Any]) -> Any:
        if self.shared.is_async:
            return asynccontextmanager(cast("Callable[..., AsyncIterator[Any]]", self.shared.factory))(
                **needed
            )
        return _in_thread(contextmanager(cast("Callable[..., Iterator[Any]]", self.shared.factory))(**needed))

    def _settle(self, value: Any) -> None:
        self.value = value
        self._shares.opened(self)
        self.is_settled.set()

    def _end_with(self, error: BaseException) -> None:
        if self.is_settled.is_set():
            logger.error("shared %s: it ended with an error", self.shared.name, exc_info=error)
            return
        if isinstance(error, asyncio.CancelledError):  # which would look as if the run were cancelled
            error = RuntimeError(f"the opening of {self.shared!r} was cancelled")
        self.error, self.traceback = error, error.__traceback__
        self.is_settled.set()


@asynccontextmanager
async def _in_thread(opening: AbstractContextManager[Any]) -> AsyncIterator[Any]:
    """Open and close this in threads, so that the event loop does not wait for it."""
    value = await asyncio.to_thread(opening.__enter__)
    try:
        yield value
    finally:
        await asyncio.to_thread(opening.__exit__, *sys.exc_info())
