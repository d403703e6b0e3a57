"""Async tasks that submit others."""

import asyncio

from celeriac import context, task
from celeriac.client.errors import CeleriacError


@task
async def submit_and_wait(x: int) -> str:
    """Submit a task, and know that it is accepted."""
    added = await context.submit("add", x=x, y=1)
    return added.id


@task
async def submit_chain(x: int) -> str:
    """Submit one task after the other, and wait for neither."""
    first = context.submit("add", x=x, y=1)
    second = context.submit("add", x=first.reference(), y=10)
    return second.id


@task
async def submit_in_thread(x: int) -> str:
    """Submit a task in a thread."""
    added = await asyncio.to_thread(context.submit, "add", x=x, y=2)
    return added.id


@task
async def submit_wrongly(how: str) -> str:
    """Submit a task that is refused."""
    try:
        if how == "input":
            context.submit("add", x="one")
        elif how == "awaited":
            await context.submit("add", x=1, y=2, after="00000000-0000-4000-8000-000000000000")
        else:
            context.submit("add", x=1, y=2, after="00000000-0000-4000-8000-000000000000")
    except CeleriacError as error:
        return type(error).__name__
    return "accepted"
