"""Run several tasks at once with asyncio: `python examples/async_client.py`.

Set CELERIAC_URL if the API is not at http://127.0.0.1:8000.
"""

import asyncio
import os
import sys
from typing import Any

import httpx

URL = os.environ.get("CELERIAC_URL", "http://127.0.0.1:8000")
LIMITS = (10, 1_000, 100_000)


class Refused(Exception):
    """The API refused a request, or a task failed; the text says why."""


async def main() -> None:
    """Count primes below several limits, side by side."""
    async with httpx.AsyncClient(base_url=URL, timeout=30) as client:
        answers = await asyncio.gather(*(call(client, "primes", {"limit": limit}) for limit in LIMITS))
    for limit, primes in zip(LIMITS, answers, strict=True):
        print(f"{primes['count']} primes up to {limit}, the largest {primes['largest']}")


async def call(client: httpx.AsyncClient, name: str, arguments: dict[str, Any]) -> Any:
    """Run a task as if it were a function: submit it, wait for its end, return its result."""
    waiting = {"Prefer": "wait=10"}
    response = checked(await client.post(f"/{name}", json=arguments, headers=waiting))
    while not (task := response.json())["ready"]:
        await asyncio.sleep(int(response.headers["Retry-After"]))
        response = checked(await client.get(task["links"]["self"], headers=waiting))
    if not task["successful"]:
        raise Refused(f"{name} {task['state']}: {task['error']['message']}")
    return task["result"]


def checked(response: httpx.Response) -> httpx.Response:
    """The response, unless it is a refusal (docs/reference/errors.md)."""
    if response.headers.get("Content-Type") == "application/problem+json":
        raise Refused(response.json()["detail"])
    return response.raise_for_status()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except Refused as reason:
        sys.exit(str(reason))
    except httpx.TransportError as error:
        sys.exit(f"No answer from {URL} ({error}). Start the API with `make run`, or set CELERIAC_URL.")
