"""Runs something once for all who ask for it meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context


class SharedRun:
    """One run at a time. Unlike in `Batching`, whoever comes during a run waits for that one, and not for the next."""

    def __init__(self, run: Callable[[], Awaitable[None]]) -> None:
        """Nothing runs yet."""
        self._run = run
        self._task: asyncio.Task[None] | None = None

    @property
    def is_going_on(self) -> bool:
        """Whether a run has begun and not ended."""
        return self._task is not None

    async def join(self) -> None:
        """Wait for the current run, or begin one. It goes on when whoever waits is cancelled."""
        if self._task is None:
            # It works for all, so in the context of none of them.
            self._task = asyncio.create_task(self._go(), context=Context())
        await asyncio.shield(self._task)

    async def _go(self) -> None:
        try:
            await self._run()
        finally:
            self._task = None
