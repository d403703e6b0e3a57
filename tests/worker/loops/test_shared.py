"""Runs of a loop share values, each opened once, and closed after the last run."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextvars import ContextVar
from typing import Annotated, Any

import pytest

from celeriac.contract.shared import Shared, shared_parameters
from celeriac_worker.run.shared.in_loop import LoopShares

of_run: ContextVar[str] = ContextVar("of_run", default="nobody's")
events: list[str] = []
opening = asyncio.Event()
may_open = asyncio.Event()
failures: list[BaseException] = []


async def client() -> AsyncIterator[str]:
    events.append(f"open client: {of_run.get()}")
    opening.set()
    await may_open.wait()
    if failures:
        raise failures.pop(0)
    task = asyncio.current_task()
    yield "client"
    assert asyncio.current_task() is task  # who opens it closes it
    events.append("close client")


async def session(client: Annotated[str, Shared(client)]) -> AsyncIterator[str]:
    events.append("open session")
    yield f"session of {client}"
    events.append("close session")


def model() -> Iterator[str]:
    events.append("open model")
    assert threading.current_thread() is not threading.main_thread()
    yield "model"
    events.append("close model")


async def bad_end() -> AsyncIterator[str]:
    yield "bad end"
    raise OSError("it cannot be closed")


async def dying() -> AsyncIterator[asyncio.Event]:
    died = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(_die_after(died))
        yield died


async def hanging() -> AsyncIterator[str]:
    yield "hanging"
    await asyncio.Event().wait()


async def _die_after(died: asyncio.Event) -> None:
    await died.wait()
    raise ConnectionError("the server has gone away")


async def fetch(client: Annotated[str, Shared(client)]) -> None: ...


async def ask(session: Annotated[str, Shared(session)], model: Annotated[str, Shared(model)]) -> None: ...


@pytest.fixture(autouse=True)
def _anew() -> None:
    global opening, may_open
    opening, may_open = asyncio.Event(), asyncio.Event()
    events.clear()
    failures.clear()


def test_runs_share_one_opening_and_its_end_comes_after_them_in_reverse() -> None:
    async def act(shares: LoopShares) -> None:
        of_run.set("a run's")
        waiting = [asyncio.create_task(shares.values(shared_of(ask))) for _ in range(3)]
        await opening.wait()
        may_open.set()
        values = await asyncio.gather(*waiting)
        assert values == [{"session": "session of client", "model": "model"}] * 3
        assert await shares.values(shared_of(fetch)) == {"client": "client"}
        assert events == ["open client: nobody's", "open session", "open model"]
        await shares.close()
        assert events[3:] == ["close model", "close session", "close client"]

    run(act)


def test_a_run_that_is_cancelled_does_not_cancel_the_opening() -> None:
    async def act(shares: LoopShares) -> None:
        first = asyncio.create_task(shares.values(shared_of(fetch)))
        await opening.wait()
        second = asyncio.create_task(shares.values(shared_of(fetch)))
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        may_open.set()
        assert await second == {"client": "client"}
        assert len(events) == 1

    run(act)


@pytest.mark.parametrize("error", [OSError("no network"), SystemExit(3), asyncio.CancelledError()], ids=repr)
def test_an_opening_that_fails_fails_those_who_wait_and_the_next_tries_again(error: BaseException) -> None:
    async def act(shares: LoopShares) -> None:
        failures.append(error)
        waiting = [asyncio.create_task(caught(shares.values(shared_of(ask)))) for _ in range(2)]
        await opening.wait()
        may_open.set()
        expected = RuntimeError if isinstance(error, asyncio.CancelledError) else type(error)
        assert [type(each) for each in await asyncio.gather(*waiting)] == [expected] * 2
        assert (await shares.values(shared_of(ask)))["session"] == "session of client"

    run(act)


def test_a_close_that_fails_or_hangs_is_logged_and_the_others_are_closed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def act(shares: LoopShares) -> None:
        may_open.set()
        for factory in (client, bad_end, hanging):
            await shares.values({"value": Shared(factory)})
        with caplog.at_level(logging.WARNING):
            await shares.close(seconds=0.1)
        assert events[-1] == "close client"
        assert [record.message for record in caplog.records] == [
            "shared hanging: its close takes too long, and is cancelled",
            "shared hanging: it ended with an error",
            "shared bad_end: it ended with an error",
        ]

    run(act)


def test_what_ends_by_itself_is_opened_again() -> None:
    async def act(shares: LoopShares) -> None:
        parameters = {"value": Shared(dying)}
        first = (await shares.values(parameters))["value"]
        first.set()
        for _ in range(20):  # turns of the loop, in which it ends
            await asyncio.sleep(0)
        assert (await shares.values(parameters))["value"] is not first

    run(act)


def test_what_is_being_opened_at_the_end_is_not_waited_for() -> None:
    async def act(shares: LoopShares) -> None:
        waiting = asyncio.create_task(caught(shares.values(shared_of(fetch))))
        await opening.wait()
        await shares.close()
        assert isinstance(await waiting, RuntimeError)

    run(act)


def run(act: Callable[[LoopShares], Awaitable[None]]) -> None:
    """With the values of a loop, which are closed afterwards."""

    async def main() -> None:
        shares = LoopShares()
        async with asyncio.timeout(60):
            await act(shares)
            await shares.close()
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(main())


async def caught(values: Awaitable[Any]) -> BaseException | None:
    """What it raises."""
    try:
        await values
    except BaseException as error:  # noqa: BLE001 - on purpose
        return error
    return None


def shared_of(function: Callable[..., Any]) -> Any:
    """The shared parameters of a task."""
    return shared_parameters(function)
