"""Declares a typed function as a task: `@task`.

This module and every module of tasks are light to import: the API loads them without Celery.
"""

import inspect
import json
import re
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import Any, Literal, ParamSpec, TypeVar, overload

from pydantic import TypeAdapter

from celeriac.contract.definition import Definition
from celeriac.contract.implementation import Implementation
from celeriac.contract.options.flow import Concurrency, Debounce, Key, Throttle, Unique
from celeriac.contract.options.retry import RetryPolicy
from celeriac.contract.options.schedule import Every, Schedule, schedules_of
from celeriac.contract.shared import shared_parameters
from celeriac.contract.signature import (
    ContractError,
    input_model,
    input_schema,
    is_checked_by_worker,
    item_adapter,
    output_adapter,
    output_schema,
)
from celeriac.values.kinds import kind_of
from celeriac.values.queue_names import taken_for
from celeriac.values.reserved_names import RESERVED_NAMES
from celeriac.values.states import Priority

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
# How the names of built-in tasks begin (celeriac/contract/built_in.py), and those of our modules.
OURS = "celeriac."

P = ParamSpec("P")
R = TypeVar("R")


@overload
def task(function: Callable[P, R], /) -> Callable[P, R]: ...


@overload
def task(
    *,
    name: str | None = None,
    queue: str | None = None,
    priority: Literal["high", "normal", "low"] = "normal",
    fair: str | None = None,
    soft_time_limit: timedelta | None = None,
    time_limit: timedelta | None = None,
    retry: RetryPolicy | None = None,
    schedule: Schedule | Every | Sequence[Schedule | Every] | None = None,
    hidden: Collection[str] = (),
    examples: Sequence[dict[str, Any]] = (),
    unique: Unique | None = None,
    debounce: Debounce | None = None,
    throttle: Throttle | None = None,
    concurrency: Concurrency | None = None,
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...


def task(  # noqa: PLR0913 - each is an option of its own
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    queue: str | None = None,
    priority: Literal["high", "normal", "low"] = "normal",
    fair: str | None = None,
    soft_time_limit: timedelta | None = None,
    time_limit: timedelta | None = None,
    retry: RetryPolicy | None = None,
    schedule: Schedule | Every | Sequence[Schedule | Every] | None = None,
    hidden: Collection[str] = (),
    examples: Sequence[dict[str, Any]] = (),
    unique: Unique | None = None,
    debounce: Debounce | None = None,
    throttle: Throttle | None = None,
    concurrency: Concurrency | None = None,
) -> Any:
    """Declare a typed function as a task and return it unchanged; `@task` alone or `@task(...)` with options.

    An `async def` runs beside others in an event loop; what it yields is sent at once.
    `name` is its address (`POST /{name}`; default: the function's name). `queue` is the queue in which its tasks wait.
    `priority` is which tasks of the queue start first; those with a key `fair`, mostly a pointer (`"/tenant"`), take turns by it.
    `soft_time_limit` raises `SoftTimeLimitExceeded` in it (`CancelledError` in an `async def`), `time_limit` ends its run.
    `retry` sets when another attempt follows a failed one. `schedule` submits the task again and again.
    `hidden` names the parameters whose values the API never shows. `examples` are inputs shown in the documentation.
    `unique`, `debounce`, `throttle` and `concurrency` hold tasks back by a key, unless a submission has the option itself.
    A declaration that is not valid raises `ContractError`, which describes what to do.
    """

    def declare(function: Callable[P, R]) -> Callable[P, R]:
        definition_name = _checked_name(name or function.__name__, module=function.__module__)
        shared = shared_parameters(function)
        model, output = input_model(function, hidden=hidden, leave_out=shared), output_adapter(function)
        description = inspect.getdoc(function) or ""
        definition = Definition(
            name=definition_name, celery_name=definition_name, module=function.__module__, kind=kind_of(function),
            queue=_checked_queue(queue), priority=_checked_priority(priority), fair=_checked_key(fair),
            soft_time_limit=soft_time_limit, time_limit=time_limit, retry=None if retry is None else retry.data,
            summary=description.partition("\n")[0] or definition_name, description=description,
            input_schema=input_schema(model), output_schema=output_schema(output),
            hidden=tuple(sorted(hidden)), examples=tuple(json.loads(_as_json(example)) for example in examples),
            unique=unique, debounce=debounce, throttle=throttle, concurrency=concurrency, checked_by_worker=is_checked_by_worker(model),
        )  # fmt: skip
        return _declared(function, Implementation(
            definition=definition, function=function, input_model=model, output=output, item=item_adapter(function),
            shared=shared, retry=retry, schedules=schedules_of(definition_name, schedule)), examples)  # fmt: skip

    return declare if function is None else declare(function)


def _declared(
    function: Callable[P, R], implementation: Implementation, examples: Sequence[dict[str, Any]]
) -> Callable[P, R]:
    """The function, which knows its checked definition."""
    _check(implementation, examples)
    function.__celeriac__ = implementation  # type: ignore[attr-defined]  # mypy knows no attributes of functions
    return function


def _checked_name(name: str, *, module: str) -> str:
    if not NAME.fullmatch(name):
        raise ContractError(
            f"Task name {name!r} cannot be part of a URL: use letters, digits, '.', '_' and '-', "
            "starting with a letter or digit, at most 100 characters."
        )
    if name in RESERVED_NAMES or (name.startswith(OURS) and not module.startswith(OURS)):
        raise ContractError(
            f"Task name {name!r} is reserved for the API itself: choose another with @task(name=...)."
        )
    return name


def _checked_queue(queue: str | None) -> str | None:
    if queue is not None and not NAME.fullmatch(queue):
        raise ContractError(
            f"Queue name {queue!r} is not usable: use letters, digits, '.', '_' and '-', "
            "starting with a letter or digit, at most 100 characters."
        )
    if queue is not None and (owner := taken_for(queue)):
        raise ContractError(
            f"Queue name {queue!r}: {owner} uses keys with this name in Redis; choose another name."
        )
    return queue


def _check(implementation: Implementation, examples: Sequence[dict[str, Any]]) -> None:
    _check_limits(implementation.definition)
    _check_keys(implementation.definition)
    _check_examples(implementation, examples)
    _check_schedules(implementation)


def _checked_priority(priority: str) -> Priority:
    try:
        return Priority(priority)
    except ValueError:
        raise ContractError(f"Priority {priority!r} is unknown: use {', '.join(Priority)}.") from None


def _checked_key(key: str | None) -> str | None:
    try:
        return TypeAdapter(Key | None).validate_python(key)
    except ValueError as wrong:
        raise ContractError(f"Key {key!r} is not usable: {wrong}") from wrong


def _check_limits(definition: Definition) -> None:
    soft, hard = definition.soft_time_limit, definition.time_limit
    if any(limit is not None and limit <= timedelta(0) for limit in (soft, hard)):
        raise ContractError(f"Task {definition.name!r}: a time limit must be longer than 0 seconds.")
    if soft is not None and hard is not None and hard <= soft:
        raise ContractError(
            f"Task {definition.name!r}: time_limit ({hard}) must be longer than soft_time_limit ({soft}), "
            "so that the task has time to end by itself."
        )


def _check_keys(definition: Definition) -> None:
    for name, option in definition.flow.options.items():
        if not option.key.startswith("/"):
            continue
        parameter = option.key[1:].partition("/")[0].replace("~1", "/").replace("~0", "~")
        if parameter not in definition.input_schema.get("properties", {}):
            raise ContractError(
                f"Task {definition.name!r}: the key {option.key!r} of {name} begins with {parameter!r}, which is no parameter."
            )
        if parameter in definition.hidden:
            raise ContractError(
                f"Task {definition.name!r}: the key {option.key!r} of {name} would show the hidden parameter {parameter!r}."
            )


def _check_examples(implementation: Implementation, examples: Sequence[dict[str, Any]]) -> None:
    for example in examples:
        try:
            implementation.input_model.model_validate_json(_as_json(example), strict=True)
        except ValueError as wrong:
            raise ContractError(
                f"Task {implementation.definition.name!r}: the example {example!r} is not a valid input: {wrong}"
            ) from wrong


def _check_schedules(implementation: Implementation) -> None:
    for name, schedule in implementation.schedules.items():
        try:
            implementation.input_model.model_validate_json(_as_json(dict(schedule.input)), strict=True)
        except ValueError as wrong:
            raise ContractError(
                f"Task {implementation.definition.name!r}: the input of its schedule {name!r} is not valid: {wrong}"
            ) from wrong


def _as_json(example: dict[str, Any]) -> bytes:
    return TypeAdapter(dict[str, Any]).dump_json(example)
