"""Run tasks side by side with asyncio."""

import asyncio

from celeriac import AsyncClient


async def main() -> None:
    """Count primes below several limits."""
    async with AsyncClient() as client:
        counts = await asyncio.gather(*(client.run("primes", limit=limit) for limit in (10, 100, 1000)))
    print(*(primes["count"] for primes in counts))


asyncio.run(main())

# Output:
# 4 25 168
