"""Async tasks: one that only waits, and one that sends its result in parts."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from pydantic import Field

from celeriac import task


@task(examples=[{"seconds": 2}])
async def nap(seconds: Annotated[float, Field(ge=0, le=10)]) -> float:
    """Wait, and keep nobody else waiting: an event loop runs a hundred of these at once."""
    await asyncio.sleep(seconds)
    return seconds


@task(examples=[{"text": "to be or not to be"}])
async def recite(text: str, pause: Annotated[float, Field(ge=0, le=10)] = 0.1) -> AsyncIterator[str]:
    """Repeat a text word by word, with a pause of some seconds after each; clients get each word at once."""
    for word in text.split(" "):
        yield word + " "
        await asyncio.sleep(pause)
