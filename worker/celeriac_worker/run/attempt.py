"""Calls a task's function once, and decides what its end means.

Nothing here knows Redis: `celeriac.testing.run_task` runs the same code without a worker.
"""

from collections.abc import Callable, Mapping
from typing import Any

from billiard.common import terminate_handler_fired
from celery.exceptions import SoftTimeLimitExceeded, TaskPredicate

from celeriac.contract import context
from celeriac.contract.implementation import Implementation
from celeriac.files.of_run import RunFiles
from celeriac_worker.run.after_error import Attempt, after_error
from celeriac_worker.run.arguments import arguments_of, input_json
from celeriac_worker.run.failure import Exited, OutOfMemory
from celeriac_worker.run.outcome import Cancelled, Failed, PutOff, Returned, Succeeded
from celeriac_worker.run.result import json_values


def run_attempt(
    implementation: Implementation,
    attempt: Attempt,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    shared: Callable[[], Mapping[str, Any]],
    files: RunFiles | None = None,
) -> Succeeded | Returned | Failed | PutOff | Cancelled:
    """Run the function with this input and what it shares, and name the outcome. `context.begin` was called before.

    Without `files`, all files are part of input and result.
    """
    try:
        return _run_and_tell(implementation, attempt, args, kwargs, shared, files)
    except Exception as error:  # noqa: BLE001 - it is handed on
        return after_error(error, implementation, attempt)


def _run_and_tell(
    implementation: Implementation,
    attempt: Attempt,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    shared: Callable[[], Mapping[str, Any]],
    files: RunFiles | None,
) -> Succeeded | Returned:
    """The last that a task says of itself goes out before its end does."""
    try:
        return _called(implementation, attempt, args, kwargs, shared, files)
    finally:
        context.end()


def _called(
    implementation: Implementation,
    attempt: Attempt,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    shared: Callable[[], Mapping[str, Any]],
    files: RunFiles | None,
) -> Succeeded | Returned:
    keywords = input_json(implementation, args, kwargs)
    arguments = arguments_of(implementation, keywords, is_from_api=attempt.is_from_api, blobs=files)
    try:
        value = _returned(implementation, attempt, arguments, shared)
    except BaseException:
        if not terminate_handler_fired():
            raise
        # Its process was told to end; what the task makes of that, by a `finally` that fails, say, does not count.
        return Returned()
    return Succeeded(
        json_values(value, implementation.output, most_bytes=attempt.max_result_bytes, sink=files)
    )


def _returned(
    implementation: Implementation,
    attempt: Attempt,
    arguments: dict[str, Any],
    shared: Callable[[], Mapping[str, Any]],
) -> object:
    try:
        if implementation.shared:
            arguments.update(shared())
        return implementation.function(**arguments)
    except SoftTimeLimitExceeded as late:
        raise SoftTimeLimitExceeded(
            f"the task ran longer than its soft time limit of {attempt.soft_limit_seconds} s"
        ) from late
    except MemoryError as full:
        raise OutOfMemory(str(full) or "the task ran out of memory") from full
    except (SystemExit, KeyboardInterrupt, TaskPredicate) as way_out:
        raise Exited(
            f"the task raised {type(way_out).__name__}({way_out}): return or raise an error instead"
        ) from way_out
