"""Calls a task's function once in the event loop, and decides what its end means.

What worker/celeriac_worker/run/attempt.py is to a plain task. The outcome of a run that was cancelled depends on who wished it.
"""

import asyncio
from asyncio import CancelledError
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing, suppress
from functools import partial
from typing import Any, NamedTuple, Protocol

from celeriac.contract import context
from celeriac.contract.implementation import Implementation
from celeriac.contract.shared import Shared
from celeriac.files.of_run import RunFiles, has_files, names_blobs
from celeriac_worker.loop.redis.delivery import Delivery
from celeriac_worker.loop.runs.run import Run
from celeriac_worker.loop.runs.stock_errors import SoftTimeLimitExceeded, TimeLimitExceeded
from celeriac_worker.loop.runs.submissions import all_accepted
from celeriac_worker.loop.runs.wish import Wish
from celeriac_worker.run.after_error import Attempt, after_error
from celeriac_worker.run.arguments import arguments_of, input_json
from celeriac_worker.run.failure import Exited, OutOfMemory
from celeriac_worker.run.outcome import Dropped, Failed, Outcome, Returned, Written
from celeriac_worker.run.result import checked_result, too_large


class Chunks(Protocol):
    """What takes the values that a generator yields."""

    async def chunk(self, value: Any) -> None:
        """One more."""


class Surroundings(NamedTuple):
    """What a call needs beside its run."""

    max_result_bytes: int
    # The keyword arguments of a message, as JSON, with the results to which they refer.
    with_results: Callable[[Delivery], Awaitable[str]]
    # The things that a function shares with others, by parameter.
    shared: Callable[[Mapping[str, Shared]], Awaitable[Mapping[str, Any]]]
    # Whether somebody has asked for the end of a task, according to Redis.
    is_cancelled: Callable[[str], Awaitable[bool]]
    reports_of: Callable[[Run], Chunks]
    # The large files of a task.
    files_of: Callable[[str], RunFiles] | None = None


async def outcome_of(run: Run, implementation: Implementation, around: Surroundings) -> Outcome:
    """Run the function, and name the outcome. Nothing is raised: in a task of asyncio, a SystemExit would end the loop."""
    try:
        written = await _called(run, implementation, around)
    except BaseException as error:  # noqa: BLE001 - it is handed on
        return await _after(error, run, implementation, around)
    return Dropped(None) if run.wish is Wish.LOST else written


async def _called(run: Run, implementation: Implementation, around: Surroundings) -> Written:
    run.has_begun = True
    if run.wish is not None:
        raise CancelledError
    arguments = await _arguments(run, implementation, around)
    try:
        if implementation.definition.is_stream:
            reports = around.reports_of(run) if run.delivery.is_ours else None
            value = await _collected(implementation, arguments, reports, around.max_result_bytes)
        else:
            value = await implementation.function(**arguments)
        if run.accepting:
            await all_accepted(run.accepting)
    except MemoryError as full:
        raise OutOfMemory(str(full) or "the task ran out of memory") from full
    return await _written(value, run, implementation, around)


async def _written(value: object, run: Run, implementation: Implementation, around: Surroundings) -> Written:
    """The result as JSON; a large file of it is written in a thread."""
    check = partial(checked_result, value, implementation.output, most_bytes=around.max_result_bytes)
    is_ours, schema = run.delivery.is_ours, implementation.definition.output_schema
    if around.files_of is None or not (is_ours and has_files(schema)):
        return Written(check()[1])
    files = around.files_of(run.task_id)
    _, text = await asyncio.to_thread(check, sink=files)
    return Written(text, files.kept)


async def _arguments(run: Run, implementation: Implementation, around: Surroundings) -> dict[str, Any]:
    delivery = run.delivery
    text: bytes | str = delivery.input_json
    if delivery.refers:
        text = await around.with_results(delivery)
    elif delivery.args:
        text = input_json(implementation, delivery.args, delivery.keywords())
    if delivery.is_ours and around.files_of is not None and names_blobs(text):
        files = around.files_of(run.task_id)
        arguments = await asyncio.to_thread(arguments_of, implementation, text, is_from_api=True, blobs=files)
    else:
        arguments = arguments_of(implementation, text, is_from_api=delivery.is_ours)
    if implementation.shared:
        arguments.update(await around.shared(implementation.shared))
    return arguments


async def _collected(
    implementation: Implementation, arguments: dict[str, Any], reports: Chunks | None, most_bytes: int
) -> Any:
    """All that a generator yields, each value sent as it comes. One that goes on and on is ended when its result is too large."""
    values: list[Any] = []
    size, is_text = 0, implementation.definition.output_schema.get("type") == "string"
    async with aclosing(implementation.function(**arguments)) as generator:
        async for value in generator:
            chunk, length = _as_json(value, implementation, most_bytes, is_text=is_text)
            size += length
            if size > most_bytes:
                raise too_large(size, most_bytes)
            values.append(value)
            if reports is not None:
                await reports.chunk(chunk)
    return "".join(values) if is_text else values


def _as_json(
    value: Any, implementation: Implementation, most_bytes: int, *, is_text: bool
) -> tuple[Any, int]:
    """A value that a generator yields as JSON values, and about how many bytes that is."""
    if implementation.item is None or (is_text and type(value) is str):
        return value, len(value)
    item, text = checked_result(value, implementation.item, most_bytes=most_bytes)
    return item, len(text)


async def _after(
    error: BaseException, run: Run, implementation: Implementation, around: Surroundings
) -> Outcome:
    """What an error comes to."""
    delivery = run.delivery
    match run.wish:
        case Wish.LOST:
            return Dropped(None)
        case Wish.TERMINATE | Wish.STOP:
            # What the task makes of that, by a `finally` that fails, say, does not count.
            return Returned()
        case Wish.HARD_LIMIT:
            return Failed(TimeLimitExceeded(delivery.hard_seconds))
        case Wish.SOFT_LIMIT if isinstance(error, CancelledError):
            words = f"the task ran longer than its soft time limit of {delivery.soft_seconds} s"
            error = _caused(SoftTimeLimitExceeded(words), by=error)
        case _ if not isinstance(error, Exception):
            error = _caused(_way_out(error), by=error)
    if isinstance(error, context.Cancelled) and not run.is_asked and delivery.is_ours:
        with suppress(
            BaseException
        ):  # it is cancelled while it asks: then nobody has asked, as far as is known
            run.is_asked = await around.is_cancelled(delivery.task_id)
    attempt = Attempt(
        run.attempt,
        soft_limit_seconds=delivery.soft_seconds,
        max_result_bytes=around.max_result_bytes,
        is_from_api=delivery.is_ours,
        is_cancelled=lambda: run.is_asked,
    )
    return after_error(error, implementation, attempt)


def _way_out(error: BaseException) -> Exited:
    """What stands for an error that would have ended the process, or looks like a cancellation."""
    if isinstance(error, CancelledError):
        return Exited(
            "the task raised CancelledError, though nobody had cancelled it: return or raise an error instead"
        )
    return Exited(f"the task raised {type(error).__name__}({error}): return or raise an error instead")


def _caused(error: Exception, *, by: BaseException) -> Exception:
    error.__cause__ = by
    return error
