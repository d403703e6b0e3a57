"""Waiting for a task's end while the request is open: `Prefer: wait=N` (RFC 7240) or `?wait=N`, in seconds."""

import asyncio
import re
from collections.abc import Awaitable, Callable

from starlette.requests import Request

from celeriac.ledger.ledger import Ledger
from celeriac.ledger.live.task_ends import Ended
from celeriac.ledger.model.task import Task
from celeriac_api.request.body import invalid_input
from celeriac_api.request.fields import FIELDS

# Less than the 60 seconds after which most proxies give up by default.
LONGEST_SECONDS = 55

_PREFERENCE = re.compile(r"(?:^|,)\s*wait\s*=\s*\"?(\d+)\"?\s*(?=$|[,;])", re.IGNORECASE)


def asked_wait(request: Request) -> int | None:
    """How long this request is ready to wait, in seconds, at most `LONGEST_SECONDS`; None: not at all.

    A preference that is not understood is ignored, as RFC 7240 has it; a query parameter that is not is refused.
    """
    asked = request.query_params.get("wait") if request.scope["query_string"] else None
    if asked is not None:
        if not re.fullmatch(r"\d+", asked, re.ASCII):
            raise invalid_input(
                [("?wait", f"should be a number of seconds from 0 to {LONGEST_SECONDS}", asked)]
            )
        return _seconds(asked)
    preferences = request.scope[FIELDS].get(b"prefer")
    found = preferences and _PREFERENCE.search(preferences.decode("latin-1"))
    return _seconds(found[1]) if found else None


async def wait_for_end(
    ledger: Ledger,
    task_id: str,
    begin: Callable[[], Awaitable[Task | None]],
    *,
    seconds: int,
    request: Request,
) -> Task | None:
    """The task at its end; or as it stands after `seconds`, or once the client is gone, or None when there is none.

    `begin` is called when the end can no longer be missed: it submits or reads the task.
    """
    ended = await ledger.watch.follow(task_id)
    try:
        task = await begin()
        if task is None or task.ready or seconds == 0:
            return task
        gone = asyncio.create_task(_until_gone(request, ended))
        timer = asyncio.get_running_loop().call_later(seconds, _give_up, ended)
        at_end = await ended
        timer.cancel()
        if at_end is None:
            gone.cancel()
            return await ledger.read(task_id)
        return at_end
    finally:
        ledger.watch.leave(task_id, ended)


def _seconds(digits: str) -> int:
    """Digits as a number of at most `LONGEST_SECONDS`, however many they are."""
    significant = digits.lstrip("0")[:9]
    return min(int(significant or "0"), LONGEST_SECONDS)


async def _until_gone(request: Request, ended: Ended) -> None:
    """Give the place up when the client has closed the connection. Ends by itself once the response is sent."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    _give_up(ended)


def _give_up(ended: Ended) -> None:
    if not ended.done():
        ended.set_result(None)
