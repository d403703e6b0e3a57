"""The same task for saq, which keeps results by itself; run by the peers' environment.

`python -m lab.bench.contenders.peer_saq COUNT` queues so many additions.
"""

import asyncio
import sys
from typing import Any

from saq import Queue

from lab.bench.contenders.stock import REDIS_URL

queue = Queue.from_url(REDIS_URL)


async def add(_: Any, *, x: int, y: int) -> int:
    """Add two integers."""
    return x + y


settings = {"queue": queue, "functions": [add]}


async def main(count: int) -> None:
    """Queue so many."""
    await queue.connect()
    for number in range(count):
        await queue.enqueue("add", x=number, y=5)
    await queue.disconnect()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
