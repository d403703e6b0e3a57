"""`python -m lab.bench.contenders.many.dependencies SHAPE SIZE PORT` submits tasks with `after` and prints its times."""

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import uvloop
from redis import Redis

from lab.bench.contenders.many.ends import last_result
from lab.bench.contenders.many.shapes import ADDED, CHAIN, GROUP, expected
from lab.bench.load.door import Door

# Submits a shape of a size; the ids of those whose end is the end of all.
Submit = Callable[[Door, str, int], Awaitable[list[str]]]
AT_ONCE = 16
# One task waits for at most so many others: a larger chord adds sums.
MOST_NAMED = 1000


async def submit(door: Door, shape: str, size: int) -> list[str]:
    """The ids of those whose end is the end of all."""
    if shape == CHAIN:
        return [await _chain(door, size)]
    additions = await asyncio.gather(
        *(_submit(door, "add", {"x": number, "y": ADDED}) for number in range(size))
    )
    return additions if shape == GROUP else [await _total(door, additions)]


async def _chain(door: Door, size: int) -> str:
    task_id = await _submit(door, "add", {"x": 0, "y": ADDED})
    for _ in range(size - 1):
        task_id = await _submit(door, "add", {"x": {"$result": task_id}, "y": ADDED}, after=[task_id])
    return task_id


async def _total(door: Door, additions: Sequence[str]) -> str:
    if len(additions) > MOST_NAMED:
        parts = [additions[start : start + MOST_NAMED] for start in range(0, len(additions), MOST_NAMED)]
        additions = await asyncio.gather(*(_total(door, part) for part in parts))
    numbers = [{"$result": task_id} for task_id in additions]
    return await _submit(door, "total", {"numbers": numbers}, after=list(additions))


async def _submit(door: Door, name: str, task_input: Any, **options: Any) -> str:
    answer = await door.post("/tasks", {"name": name, "input": task_input, **options}, status=202)
    return str(answer["task_id"])


async def measure(submit: Submit, shape: str, size: int, port: int) -> None:
    """Print how long submitting took, and all of it, in seconds."""
    async with Door(port, connections=AT_ONCE) as door:
        began = time.perf_counter()
        task_ids = await submit(door, shape, size)
        accepted = time.perf_counter()
    with Redis.from_url(os.environ["BENCH_REDIS_URL"]) as redis:
        result = last_result(redis, task_ids)
    ended = time.perf_counter()
    if result != expected(shape, size):
        raise RuntimeError(f"{shape} of {size} came to {result}")
    print(json.dumps([accepted - began, ended - began]))


if __name__ == "__main__":
    uvloop.run(measure(submit, sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
