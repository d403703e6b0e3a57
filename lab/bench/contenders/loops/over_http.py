"""Submits `pick_up` to Celeriac over HTTP: `python -m lab.bench.contenders.loops.over_http PORT RATE COUNT`."""

import asyncio
import sys
from typing import Any

from lab.bench.contenders.loops.program import pace
from lab.bench.load.door import Door

CONNECTIONS = 20


async def main(port: int, rate: float, count: int) -> None:
    """Over some connections."""
    async with Door(port, connections=CONNECTIONS) as door:

        async def submit(name: str, task_input: dict[str, Any]) -> object:
            return await door.post(f"/{name}", task_input, status=202)

        await pace(submit, rate, count)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])))
