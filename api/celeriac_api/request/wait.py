"""Waits for the end of a task while the request is open: `Prefer: wait=N`."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, TypeVar

from fastapi import Header, Query
from pydantic import BeforeValidator, Field
from pydantic.json_schema import SkipJsonSchema

from celeriac.ledger.ledger import Ledger
from celeriac.ledger.live.task_ends import Ended, HasEnd, Watch
from celeriac.ledger.model.task import Task
from celeriac_api.request.parameter_types import misfit
from celeriac_api.request.parameters import Parameters

# Less than the 60 seconds after which most proxies give up by default.
LONGEST_SECONDS = 55

E = TypeVar("E", bound=HasEnd)

_PREFERENCE = re.compile(r"(?:^|,)\s*wait\s*=\s*\"?(\d+)\"?\s*(?=$|[,;])", re.IGNORECASE)


def preferred_wait(prefer: str) -> int | None:
    """How long a header `Prefer` asks to wait; a header that is not understood is ignored (RFC 7240)."""
    match = _PREFERENCE.search(prefer)
    return _seconds(match[1]) if match else None


async def wait_for_end(
    ledger: Ledger,
    task_id: str,
    begin: Callable[[], Awaitable[Task | None]],
    *,
    owner: str | None,
    seconds: int,
    until_gone: Callable[[], Awaitable[None]],
) -> Task | None:
    """The task at its end, after `seconds`, or when the client is gone; None if there is no task.

    `begin` is called when the end can no longer be missed: it submits or reads the task.
    """
    read = partial(ledger.read, task_id, owner=owner)
    return await wait_for(ledger.watch, task_id, begin, read=read, seconds=seconds, until_gone=until_gone)


async def wait_for(
    watch: Watch[E],
    id: str,  # noqa: A002 - of a task, or of a batch
    begin: Callable[[], Awaitable[E | None]],
    *,
    read: Callable[[], Awaitable[E | None]],
    seconds: int,
    until_gone: Callable[[], Awaitable[None]],
) -> E | None:
    """The same for whatever has an end that this watches."""
    end = await watch.follow(id)
    try:
        subject = await begin()
        if subject is None or subject.ready or seconds == 0:
            return subject
        client_watch = asyncio.create_task(_give_up_when_gone(until_gone, end))
        timer = asyncio.get_running_loop().call_later(seconds, _give_up, end)
        at_end = await end
        timer.cancel()
        if at_end is None:
            client_watch.cancel()
            return await read()
        return at_end
    finally:
        watch.leave(id, end)


def _seconds(digits: str) -> int:
    """Digits as a number of at most `LONGEST_SECONDS`, however many they are."""
    significant = digits.lstrip("0")[:9]
    return min(int(significant or "0"), LONGEST_SECONDS)


async def _give_up_when_gone(until_gone: Callable[[], Awaitable[None]], end: Ended[E]) -> None:
    """Give the place up when the client has closed the connection. Ends by itself once the response is sent."""
    await until_gone()
    _give_up(end)


def _give_up(end: Ended[E]) -> None:
    if not end.done():
        end.set_result(None)


def _asked_seconds(text: str) -> int:
    if not re.fullmatch(r"\d+", text, re.ASCII):
        raise misfit(f"should be a number of seconds from 0 to {LONGEST_SECONDS}")
    return _seconds(text)


Wait = Annotated[
    Annotated[int, Field(ge=0)] | SkipJsonSchema[None],
    BeforeValidator(_asked_seconds),
    Query(
        description="How many seconds the request waits for the end of the task, at most 55. A larger number counts as 55.",
    ),
]
Prefer = Annotated[
    str | SkipJsonSchema[None],
    Header(
        description="`wait=N` means the same as the query parameter `wait` (RFC 7240).", examples=["wait=10"]
    ),
]


class WaitParameters(Parameters):
    """The parameters by which a request waits for a task's end."""

    wait: Wait = None
    prefer: Prefer = None

    @property
    def seconds(self) -> int | None:
        """How long the request wants to wait, at most `LONGEST_SECONDS`; None: not at all."""
        if self.wait is None and self.prefer is not None:
            return preferred_wait(self.prefer)
        return self.wait
