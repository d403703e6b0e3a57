"""Async tasks that do as they should."""

import asyncio
import logging
from collections.abc import AsyncIterator

from celeriac import context, task


@task
async def add(x: int, y: int) -> int:
    """Add two numbers."""
    return x + y


@task
async def rest(seconds: float) -> float:
    """Do nothing for a while."""
    await asyncio.sleep(seconds)
    return seconds


@task
async def spell(text: str, pause: float = 0.0) -> AsyncIterator[str]:
    """Yield one letter after the other."""
    for letter in text:
        yield letter
        await asyncio.sleep(pause)


@task
async def misspell() -> AsyncIterator[str]:
    """Yield a letter, and then what is none."""
    yield "a"
    yield 7  # type: ignore[misc]  # a mistake


@task
async def count(to: int) -> AsyncIterator[int]:
    """Yield numbers."""
    for number in range(to):
        yield number


@task
async def measure(*, endless: bool) -> AsyncIterator[float]:
    """Yield numbers, and then one that JSON does not know; or ever more."""
    while endless:
        yield 0.123456789
    yield 1.0
    yield float("nan")


@task
async def report(words: list[str]) -> int:
    """Report progress, lines and output."""
    for done, word in enumerate(words, 1):
        context.progress(done, len(words))
        context.log(word)
        context.emit(word)
        await asyncio.sleep(0)
    await asyncio.to_thread(context.log, "from a thread")
    return context.attempt()


@task
async def talk(line: str) -> None:
    """Write this into the log, and print it."""
    await asyncio.sleep(0)
    logging.getLogger(__name__).info("%s in the log", line)
    print(f"{line} in print")  # noqa: T201 - as tasks do
