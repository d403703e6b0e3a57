"""Submits tasks for a run in threads: the event loop goes on."""

import asyncio
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import Context
from typing import Any

from celeriac.contract.submitting import NewTask
from celeriac_worker.run.submitting import Submitting

# Each has a connection of its own.
_threads = ThreadPoolExecutor(4, thread_name_prefix="submitting")


class Accepting:
    """A submission that is under way."""

    def __init__(self, accepting: asyncio.Task[str]) -> None:
        """Nobody has asked for its end yet."""
        self.task, self.is_awaited = accepting, False

    def __await__(self) -> Generator[Any, Any, str]:
        """Wait until it is accepted; it goes on when its run is cancelled."""
        self.is_awaited = True
        return asyncio.shield(self.task).__await__()


def submit_in_loop(accepting: list[Accepting], submitting: Submitting, task: NewTask) -> Accepting | str:
    """Begin to submit a task, after those that its run has submitted before. In another thread, return when it is accepted."""
    checked = submitting.checked(task)
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return submitting.accept(checked)
    before = accepting[-1].task if accepting else None
    steps = _accept(before, lambda: submitting.accept(checked))
    accepting.append(Accepting(asyncio.Task(steps, loop=loop, context=Context())))
    accepting[-1].task.add_done_callback(_retrieve)
    return accepting[-1]


async def all_accepted(accepting: list[Accepting]) -> None:
    """Wait for those for which their run has not waited; raises the first error."""
    for each in accepting:
        if not each.is_awaited:
            await each


async def _accept(before: asyncio.Task[str] | None, accept: Callable[[], str]) -> str:
    if before is not None:
        with suppress(Exception):  # whose error is told where it is awaited
            await asyncio.shield(before)
    return await asyncio.get_running_loop().run_in_executor(_threads, accept)


def _retrieve(task: asyncio.Task[str]) -> None:
    """An error is told where the task is awaited; a run that was cancelled waits for none."""
    if not task.cancelled():
        task.exception()
