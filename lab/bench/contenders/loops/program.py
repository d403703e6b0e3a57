"""The program of each peer: works, fills its queue, or submits at a steady rate.

`python -m lab.bench.contenders.loops.peer_NAME work CONCURRENCY`
`python -m lab.bench.contenders.loops.peer_NAME fill NAME COUNT ARGUMENTS`: so many tasks of a name, with arguments in JSON
`python -m lab.bench.contenders.loops.peer_NAME pace RATE COUNT`: so many `pick_up`, at this rate a second
"""

import asyncio
import json
import logging
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

# Submits a task of this name with these arguments.
Submit = Callable[[str, dict[str, Any]], Awaitable[object]]
AT_ONCE = 50


def run(work: Callable[[int], object], submitting: Callable[[], AbstractAsyncContextManager[Submit]]) -> None:
    """Do what the command line asks for; `submitting` connects to Redis."""
    logging.basicConfig(level=logging.WARNING)
    action, *arguments = sys.argv[1:]
    match action, arguments:
        case "work", [concurrency]:
            work(int(concurrency))
        case "fill", [name, count, task_input]:
            asyncio.run(_fill(submitting, name, int(count), json.loads(task_input)))
        case "pace", [rate, count]:
            asyncio.run(_pace(submitting, float(rate), int(count)))
        case _:
            sys.exit(__doc__)


async def _fill(
    submitting: Callable[[], AbstractAsyncContextManager[Submit]],
    name: str,
    count: int,
    task_input: dict[str, Any],
) -> None:
    async with submitting() as submit:
        left = iter(range(count))

        async def submit_some() -> None:
            for _ in left:
                await submit(name, task_input)

        await asyncio.gather(*(submit_some() for _ in range(AT_ONCE)))


async def _pace(
    submitting: Callable[[], AbstractAsyncContextManager[Submit]], rate: float, count: int
) -> None:
    async with submitting() as submit:
        await pace(submit, rate, count)


async def pace(submit: Submit, rate: float, count: int) -> None:
    """None waits for the one before, so that a slow answer does not lower the rate."""
    began = time.perf_counter()
    tasks = []
    for number in range(count):
        await asyncio.sleep(began + number / rate - time.perf_counter())
        tasks.append(asyncio.create_task(_submit_now(submit)))
    await asyncio.gather(*tasks)


async def _submit_now(submit: Submit) -> None:
    await submit("pick_up", {"submitted": time.time()})
