"""Runs flows side by side in tasks of asyncio."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from typing import Any, Generic, TypeAlias, TypeVar

from celeriac.client.flow.steps import Flow, SideBySide
from celeriac.client.flow.window import Window

T = TypeVar("T")
Run: TypeAlias = Callable[[Flow[T]], Coroutine[Any, Any, T]]


async def side_by_side(run: Run[T], step: SideBySide[T]) -> AsyncGenerator[T, None]:
    """What the flows return; each is taken only when there is room for its value."""
    pool = _Pool(run, step)
    try:
        while await pool.is_more():
            for value in pool.window.take():
                pool.room.release()
                yield value
    finally:
        await pool.stop()


class _Pool(Generic[T]):
    """Tasks of asyncio, at most `at_once`, each of which runs one flow after another."""

    def __init__(self, run: Run[T], step: SideBySide[T]) -> None:
        self.window = Window[T](ordered=step.ordered)
        self.room = asyncio.Semaphore(self.window.limit(step.at_once))
        self._run, self._flows = run, step.flows
        self._count = 0
        self._taking = asyncio.Lock()
        self._news = asyncio.Event()
        self._workers = [asyncio.create_task(self._work()) for _ in range(step.at_once)]
        for worker in self._workers:
            worker.add_done_callback(lambda _: self._news.set())

    async def is_more(self) -> bool:
        """Wait for values, or for the end of all flows; raises what a flow raised."""
        while not self.window.is_ready:
            ended = [worker for worker in self._workers if worker.done()]
            for worker in ended:
                worker.result()
            if len(ended) == len(self._workers):
                return False
            self._news.clear()
            await self._news.wait()
        return True

    async def stop(self) -> None:
        """Cancel what still runs here; the tasks of Celeriac go on."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            await self.room.acquire()
            async with self._taking:
                number = self._count
                flow = await self._next()
                self._count += 1
            if flow is None:
                self.room.release()
                return
            self.window.put(number, await self._run(flow))
            self._news.set()

    async def _next(self) -> Flow[T] | None:
        if isinstance(self._flows, Iterator):
            return next(self._flows, None)
        return await anext(self._flows, None)
