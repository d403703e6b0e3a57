"""The contract: a plain typed function, declared once with `@task`, is offered by the API and run by the pool.

This module and every module of tasks import light: the API loads them without Celery.
"""

import inspect
import random
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ParamSpec, TypeVar, overload

from pydantic import BaseModel, TypeAdapter

from celeriac.contract.signature import ContractError, input_model, output_adapter
from celeriac.queue_names import taken_for

__all__ = ["ContractError", "Definition", "RetryPolicy", "definition_of", "task"]

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
# What the API serves, or will serve, at its root: `POST /{name}` must not stand in its way.
RESERVED_NAMES = frozenset(
    "tasks workflows schedules queues workers catalog events metrics livez readyz docs redoc openapi.json "
    "static assets webhooks keys admin health favicon.ico robots.txt".split()
)
HARD_MARGIN = timedelta(seconds=30)

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """Which errors make a task run again, how often and after which delay.

    `attempts` counts the first one too. The delay before attempt n + 1 is `backoff` doubled n - 1 times, at most
    `max_backoff`, of which a random half is taken off ("equal jitter", so that failures do not come back in step).
    """

    on: tuple[type[Exception], ...] = (Exception,)
    attempts: int = 3
    backoff: timedelta = timedelta(seconds=1)
    max_backoff: timedelta = timedelta(minutes=10)

    def __post_init__(self) -> None:
        """Refuse a policy that could never be carried out."""
        if self.attempts < 2:
            raise ContractError(
                f"RetryPolicy(attempts={self.attempts}) never runs again: give 2 or more, or no policy."
            )
        if self.backoff < timedelta(0) or self.max_backoff < self.backoff:
            raise ContractError(
                f"RetryPolicy(backoff={self.backoff}, max_backoff={self.max_backoff}): give 0 <= backoff <= max_backoff."
            )

    def delay(self, failure: Exception, attempt: int) -> timedelta | None:
        """How long to wait after `attempt` (1 for the first) ended in `failure`; None: do not run again."""
        if attempt >= self.attempts or not isinstance(failure, self.on):
            return None
        doublings = min(attempt - 1, 64)
        longest = min(self.backoff.total_seconds() * 2**doublings, self.max_backoff.total_seconds())
        return timedelta(seconds=longest * random.uniform(0.5, 1.0))  # noqa: S311 - spreading load is no secret


@dataclass(frozen=True, eq=False, kw_only=True)
class Definition:
    """What can be done: a declared function with everything that the API and the pool need to know of it."""

    name: str
    function: Callable[..., Any]
    input_model: type[BaseModel]
    output: TypeAdapter[Any]
    queue: str | None
    soft_time_limit: timedelta | None
    time_limit: timedelta | None
    retry: RetryPolicy | None
    hidden: frozenset[str]
    examples: tuple[dict[str, Any], ...]

    @property
    def summary(self) -> str:
        """The first line of the function's docstring."""
        return self.description.partition("\n")[0] or self.name

    @property
    def description(self) -> str:
        """The function's whole docstring."""
        return inspect.getdoc(self.function) or ""

    def time_limits(self, default_soft: timedelta) -> tuple[timedelta, timedelta | None]:
        """The hard limit and the soft one (None: none), with `default_soft` where the task sets neither."""
        soft = self.soft_time_limit
        if self.time_limit is not None:
            return self.time_limit, soft
        soft = soft or default_soft
        return soft + HARD_MARGIN, soft


@overload
def task(function: Callable[P, R], /) -> Callable[P, R]: ...


@overload
def task(
    *,
    name: str | None = None,
    queue: str | None = None,
    soft_time_limit: timedelta | None = None,
    time_limit: timedelta | None = None,
    retry: RetryPolicy | None = None,
    hidden: Collection[str] = (),
    examples: Sequence[dict[str, Any]] = (),
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...


def task(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    queue: str | None = None,
    soft_time_limit: timedelta | None = None,
    time_limit: timedelta | None = None,
    retry: RetryPolicy | None = None,
    hidden: Collection[str] = (),
    examples: Sequence[dict[str, Any]] = (),
) -> Any:
    """Declare a typed function as a task and return it unchanged; `@task` alone or `@task(...)` with options.

    `name` is its address (`POST /{name}`; default: the function's name). `queue` is where its messages wait.
    `soft_time_limit` raises `SoftTimeLimitExceeded` inside the function, `time_limit` ends its process.
    `retry` says when a failed attempt is followed by another. `hidden` names the parameters whose values nobody is shown.
    `examples` are inputs shown in the documentation.
    A declaration that cannot be kept raises `ContractError` with a sentence that says what to do.
    """

    def declare(function: Callable[P, R]) -> Callable[P, R]:
        definition = Definition(
            name=_checked_name(name or function.__name__),
            function=function,
            input_model=input_model(function, hidden=hidden),
            output=output_adapter(function),
            queue=_checked_queue(queue),
            soft_time_limit=soft_time_limit,
            time_limit=time_limit,
            retry=retry,
            hidden=frozenset(hidden),
            examples=tuple(examples),
        )
        _check_limits(definition)
        _check_examples(definition)
        function.__definition__ = definition  # type: ignore[attr-defined]  # mypy knows no attributes of functions
        return function

    return declare if function is None else declare(function)


def definition_of(function: object) -> Definition | None:
    """The definition that `@task` recorded on this function, if any."""
    definition = getattr(function, "__definition__", None)
    return definition if isinstance(definition, Definition) else None


def _checked_name(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ContractError(
            f"Task name {name!r} cannot stand in a URL: use letters, digits, '.', '_' and '-', "
            "starting with a letter or digit, at most 100 characters."
        )
    if name in RESERVED_NAMES:
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
    if queue is not None and (whose := taken_for(queue)):
        raise ContractError(
            f"Queue name {queue!r}: {whose} keeps a key of this name in Redis; choose another."
        )
    return queue


def _check_limits(definition: Definition) -> None:
    soft, hard = definition.soft_time_limit, definition.time_limit
    if any(limit is not None and limit <= timedelta(0) for limit in (soft, hard)):
        raise ContractError(f"Task {definition.name!r}: a time limit must be longer than 0 seconds.")
    if soft is not None and hard is not None and hard <= soft:
        raise ContractError(
            f"Task {definition.name!r}: time_limit ({hard}) must be longer than soft_time_limit ({soft}), "
            "so that the task has time to end by itself."
        )


def _check_examples(definition: Definition) -> None:
    for example in definition.examples:
        try:
            definition.input_model.model_validate_json(_as_json(example), strict=True)
        except ValueError as wrong:
            raise ContractError(
                f"Task {definition.name!r}: the example {example!r} is no valid input: {wrong}"
            ) from wrong


def _as_json(example: dict[str, Any]) -> bytes:
    return TypeAdapter(dict[str, Any]).dump_json(example)
