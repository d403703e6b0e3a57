"""Yields each saved version of the tasks that loads, and reports the others."""

import asyncio
from collections.abc import AsyncIterator

from celeriac.stack.task_check import refusal
from celeriac.stack.terminal import Terminal


async def loadable_versions(packages: str, terminal: Terminal) -> AsyncIterator[str]:
    """The names of the files that were saved; first an empty text, for the tasks as they are."""
    from celeriac.stack.saved_files import saved_files  # noqa: PLC0415 - watchfiles is of an extra

    async for files in saved_files(packages):
        reason = await asyncio.to_thread(refusal, packages)
        if reason is None:
            yield " and ".join(files)
        else:
            terminal.say(reason, "Correct the file and save it: Celeriac then loads it again.")
