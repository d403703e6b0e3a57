"""`python -m lab.bench.contenders.callers NAME PORT SECONDS` calls `add` and prints its CPU time.

By hand means: with httpx alone, as a script does it that submits with `Prefer: wait` and checks the answer. It makes no request
again, and knows no deadline.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from celeriac import AsyncClient, Client

AT_ONCE = 64
WARM_UP = 50
WAIT = {"Prefer": "wait=50"}
LIMITS = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
Results = Iterator[int]


def inputs() -> Iterator[dict[str, int]]:
    """No end of them."""
    number = 0
    while True:
        yield {"x": number, "y": 5}
        number += 1


def checked(response: httpx.Response) -> Any:
    """The result in this answer."""
    task = response.raise_for_status().json()
    if not task["successful"]:
        raise RuntimeError(task["error"])
    return task["result"]


def run_by_hand(url: str) -> Results:
    """One call after another."""
    with httpx.Client(base_url=url, timeout=60) as http:
        for task_input in inputs():
            yield checked(http.post("/add", json=task_input, headers=WAIT))


def run_by_client(url: str) -> Results:
    """The same."""
    with Client(url) as client:
        for task_input in inputs():
            yield client.run("add", input=task_input)


def map_by_hand(url: str) -> Results:
    """In batches of threads: `map` of the pool takes all inputs at once."""
    with httpx.Client(base_url=url, timeout=60, limits=LIMITS) as http, ThreadPoolExecutor(AT_ONCE) as pool:

        def call(task_input: dict[str, int]) -> Any:
            return checked(http.post("/add", json=task_input, headers=WAIT))

        following = inputs()
        while True:
            yield from pool.map(call, [next(following) for _ in range(AT_ONCE * 4)])


def map_by_client(url: str) -> Results:
    """At most 64 at once."""
    with Client(url) as client:
        for outcome in client.map("add", inputs(), at_once=AT_ONCE):
            yield outcome.result()


async def async_run_by_hand(url: str) -> AsyncIterator[int]:
    """One call after another."""
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:
        for task_input in inputs():
            yield checked(await http.post("/add", json=task_input, headers=WAIT))


async def async_run_by_client(url: str) -> AsyncIterator[int]:
    """The same."""
    async with AsyncClient(url) as client:
        for task_input in inputs():
            yield await client.run("add", input=task_input)


async def async_map_by_hand(url: str) -> AsyncIterator[int]:
    """In batches, 64 at once."""
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=LIMITS) as http:
        places = asyncio.Semaphore(AT_ONCE)

        async def call(task_input: dict[str, int]) -> Any:
            async with places:
                return checked(await http.post("/add", json=task_input, headers=WAIT))

        following = inputs()
        while True:
            for result in await asyncio.gather(*(call(next(following)) for _ in range(AT_ONCE * 4))):
                yield result


async def async_map_by_client(url: str) -> AsyncIterator[int]:
    """At most 64 at once."""
    async with AsyncClient(url) as client:
        async for outcome in client.map("add", inputs(), at_once=AT_ONCE):
            yield outcome.result()


def awaited(results: AsyncIterator[int]) -> Results:
    """The same results, in a loop of asyncio that runs while one is asked for."""
    with asyncio.Runner() as runner:
        while True:
            yield from runner.run(_some(results))


async def _some(results: AsyncIterator[int]) -> list[int]:
    """So many that the start of the loop costs nothing for each."""
    return [await anext(results) for _ in range(WARM_UP)]


CALLERS: dict[str, Callable[[str], Results]] = {
    "run by hand": run_by_hand,
    "client.run": run_by_client,
    "map by hand": map_by_hand,
    "client.map": map_by_client,
    "async run by hand": lambda url: awaited(async_run_by_hand(url)),
    "await client.run": lambda url: awaited(async_run_by_client(url)),
    "async map by hand": lambda url: awaited(async_map_by_hand(url)),
    "async client.map": lambda url: awaited(async_map_by_client(url)),
}


def main(name: str, port: int, seconds: float) -> None:
    """Measure for so long."""
    results = CALLERS[name](f"http://127.0.0.1:{port}")
    for _ in range(WARM_UP):
        next(results)
    count, began, cpu = 0, time.perf_counter(), time.process_time()
    while count < WARM_UP or time.perf_counter() - began < seconds:
        next(results)
        count += 1
    print(json.dumps([(time.process_time() - cpu) / count, count / (time.perf_counter() - began)]))
    sys.stdout.flush()
    os._exit(0)  # the loops have no end, and the tasks that run are nobody's concern


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
