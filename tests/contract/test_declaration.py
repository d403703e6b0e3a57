"""A declaration that cannot work stops the start with a sentence."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, TypeVar

import pytest
from pydantic import BaseModel, Field

from celeriac import Base64Bytes, context
from celeriac.contract.declaration import (
    task,
)
from celeriac.contract.definition import Definition
from celeriac.contract.implementation import Implementation, implementation_of
from celeriac.contract.options.retry import RetryPolicy
from celeriac.contract.signature import ContractError
from celeriac.values.reserved_names import RESERVED_NAMES

SECOND = timedelta(seconds=1)


def test_a_declared_function_is_returned_unchanged() -> None:
    def double(x: int) -> int:
        """Twice as much."""
        return 2 * x

    before = (double.__code__, double.__annotations__, double.__doc__, double.__name__)
    declared = task(double)
    assert declared is double
    assert (double.__code__, double.__annotations__, double.__doc__, double.__name__) == before
    assert double("no check here") == "no check hereno check here"  # type: ignore[comparison-overlap, arg-type]  # a plain call


def test_a_declared_function_with_options_is_returned_unchanged() -> None:
    def double(x: int) -> int:
        return 2 * x

    assert task(name="twice", queue="slow", soft_time_limit=SECOND)(double) is double


def test_a_function_without_a_declaration_has_no_definition() -> None:
    assert implementation_of(print) is None
    assert implementation_of(None) is None


def test_what_was_declared_is_recorded() -> None:
    policy = RetryPolicy()

    @task(
        name="twice",
        queue="slow",
        soft_time_limit=SECOND,
        time_limit=2 * SECOND,
        retry=policy,
        examples=[{"x": 4}],
    )
    def double(x: Annotated[int, Field(ge=0)], y: int = 3) -> int:
        """Twice as much.

        And no more.
        """
        return 2 * x + y

    implementation = implemented(double)
    definition = implementation.definition
    assert (definition.name, definition.queue, implementation.function) == ("twice", "slow", double)
    assert (definition.summary, definition.description) == (
        "Twice as much.",
        "Twice as much.\n\nAnd no more.",
    )
    assert definition.time_limits(9 * SECOND) == (2 * SECOND, SECOND)
    assert (implementation.retry, definition.retry, definition.examples) == (policy, policy.data, ({"x": 4},))
    assert list(definition.input_schema["properties"]) == ["x", "y"]


@pytest.mark.parametrize(
    ("soft", "hard", "expected"),
    [
        (None, None, (timedelta(seconds=39), timedelta(seconds=9))),
        (SECOND, None, (timedelta(seconds=31), SECOND)),
        (None, SECOND, (SECOND, None)),
        (SECOND, 2 * SECOND, (2 * SECOND, SECOND)),
    ],
)
def test_every_task_has_a_hard_limit(
    soft: timedelta | None, hard: timedelta | None, expected: tuple[timedelta, timedelta | None]
) -> None:
    @task(soft_time_limit=soft, time_limit=hard)
    def work() -> None: ...

    assert declared(work).time_limits(timedelta(seconds=9)) == expected


@pytest.mark.parametrize("name", sorted(RESERVED_NAMES))
def test_a_name_that_the_api_keeps_for_itself_is_refused(name: str) -> None:
    with pytest.raises(
        ContractError, match=rf"Task name '{name}' is reserved .* choose another with @task\(name="
    ):
        task(name=name)(nothing)


@pytest.mark.parametrize(
    "name",
    ["x" * 101, *"a b,a/b,a?b,a#b,a%20b,a:b,ä,_hidden,-a,.,..,.a,a\n,a\0,{task_id}, ".split(",")],
)
def test_a_name_that_cannot_stand_in_a_url_is_refused(name: str) -> None:
    with pytest.raises(ContractError, match="cannot be part of a URL: use letters, digits"):
        task(name=name)(nothing)


@pytest.mark.parametrize("name", ["a", "A", "7", "a.b", "a-b", "a_b", "x" * 100, "Tasks", "tasks2"])
def test_a_name_that_can_stand_in_a_url_is_accepted(name: str) -> None:
    def work() -> None: ...

    task(name=name)(work)
    assert declared(work).name == name


@pytest.mark.parametrize(
    "queue",
    [
        "unacked",
        "unacked_index",
        "unacked_mutex",
        "celery-task-meta-1",
        "celery-taskset-meta-1",
        "chord-unlock-1",
    ],
)
def test_a_queue_with_the_name_of_another_key_is_refused(queue: str) -> None:
    with pytest.raises(
        ContractError, match=f"Queue name '{queue}': Celery uses keys with this name in Redis"
    ):
        task(queue=queue)(nothing)


@pytest.mark.parametrize("queue", ["", "a b", "a\x06\x163", "ä", "x" * 101, "celery*"])
def test_a_queue_with_an_unusable_name_is_refused(queue: str) -> None:
    with pytest.raises(ContractError, match=r"Queue name .* is not usable: use letters, digits"):
        task(queue=queue)(nothing)


@pytest.mark.parametrize(
    ("soft", "hard", "words"),
    [
        (timedelta(0), None, "longer than 0 seconds"),
        (-SECOND, None, "longer than 0 seconds"),
        (None, timedelta(0), "longer than 0 seconds"),
        (SECOND, SECOND, r"time_limit \(0:00:01\) must be longer than soft_time_limit \(0:00:01\)"),
        (2 * SECOND, SECOND, r"time_limit \(0:00:01\) must be longer than soft_time_limit \(0:00:02\)"),
    ],
)
def test_limits_that_make_no_sense_are_refused(
    soft: timedelta | None, hard: timedelta | None, words: str
) -> None:
    with pytest.raises(ContractError, match=f"Task 'nothing'.*{words}"):
        task(soft_time_limit=soft, time_limit=hard)(nothing)


@pytest.mark.parametrize(
    ("hidden", "words"),
    [
        (("secret",), "has no parameter 'secret' to hide; it has: user, password"),
        ("password", r"is a string: write hidden=\('password',\)"),
    ],
)
def test_what_cannot_be_hidden_is_refused(hidden: Any, words: str) -> None:
    def sign_in(user: str, password: str) -> None: ...

    with pytest.raises(ContractError, match=f"Task 'sign_in'.*{words}"):
        task(hidden=hidden)(sign_in)


def test_a_hidden_parameter_keeps_its_bounds_and_default() -> None:
    @task(hidden=["pin"])
    def unlock(pin: Annotated[int, Field(ge=0, description="Four digits.")] = 0) -> None: ...

    schema = declared(unlock).input_schema["properties"]["pin"]
    assert schema == {
        "default": 0,
        "description": "Four digits.",
        "minimum": 0,
        "title": "Pin",
        "type": "integer",
        "writeOnly": True,
    }
    assert declared(unlock).hidden == ("pin",)


class Opaque:
    """A class without a JSON form."""


class WithBytes(BaseModel):
    """A model whose bytes pydantic would take as text."""

    data: bytes


class WithBase64(BaseModel):
    """A model whose bytes are said to be base64."""

    data: Base64Bytes


@dataclass
class PlainWithBytes:
    """A dataclass, with bytes further in."""

    data: list[bytes]


T = TypeVar("T")


def nothing() -> None: ...


def untyped(x) -> None: ...  # type: ignore[no-untyped-def]  # on purpose  # noqa: ANN001


def partly_untyped(x: int, y) -> None: ...  # type: ignore[no-untyped-def]  # on purpose  # noqa: ANN001


def positional(x: int, /) -> None: ...


def many(*numbers: int) -> None: ...


def named(**numbers: int) -> None: ...


def hidden(_x: int) -> None: ...


def kept(model_fields: int) -> None: ...


def opaque(x: Opaque) -> None: ...


def opaque_within(x: list[dict[str, Opaque]]) -> None: ...


def opaque_result() -> Opaque:
    raise NotImplementedError


def function_type(x: Callable[[], None]) -> None: ...


def unchecked_items(x: Iterable[int]) -> None: ...


def model_with_bytes(x: WithBytes) -> None: ...


def dataclass_with_bytes(x: list[PlainWithBytes]) -> None: ...


def result_with_bytes() -> WithBytes:
    raise NotImplementedError


def unknown_hint(x: "Nowhere") -> None: ...  # type: ignore[name-defined]  # on purpose  # noqa: F821


def bad_default(x: int = "four") -> None: ...  # type: ignore[assignment]  # on purpose


def default_out_of_bounds(x: Annotated[int, Field(ge=1)] = 0) -> None: ...


def generator() -> Iterator[int]:
    yield 1


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (untyped, "parameter 'x' of task 'untyped' has no type hint: write one, such as `x: int`"),
        (partly_untyped, "parameter 'y' of task 'partly_untyped' has no type hint"),
        (positional, "parameter 'x' of task 'positional' is positional-only.*give each parameter a name"),
        (many, "parameter 'numbers' .*give each parameter a name"),
        (named, "parameter 'numbers' .*give each parameter a name"),
        (hidden, "parameter '_x' .*rename it"),
        (kept, "parameter 'model_fields' .*rename it"),
        (opaque, "parameter 'x' of task 'opaque' has the type .*Opaque.*no JSON form: use JSON types"),
        (opaque_within, "parameter 'x' of task 'opaque_within' .*no JSON form"),
        (opaque_result, "the result of task 'opaque_result' .*no JSON form"),
        (function_type, "parameter 'x' of task 'function_type' .*no JSON form"),
        (unchecked_items, "parameter 'x' of task 'unchecked_items' .*use `list`"),
        (model_with_bytes, "parameter 'x' .*`bytes` inside a model.*celeriac.Base64Bytes"),
        (
            dataclass_with_bytes,
            "parameter 'x' .*`bytes` inside a model.*celeriac.Base64Bytes",
        ),
        (
            result_with_bytes,
            "the result of task 'result_with_bytes' .*celeriac.Base64Bytes",
        ),
        (unknown_hint, "Task 'unknown_hint': name 'Nowhere' is not defined.*outside `if TYPE_CHECKING`"),
        (
            bad_default,
            "parameter 'x' of task 'bad_default' has the default 'four', which is not valid for its type",
        ),
        (default_out_of_bounds, "has the default 0, which is not valid for its type"),
        (generator, "Task 'generator' is a generator: write `async def` .*, or return a list"),
        (Opaque, "which is not a plain function: declare a `def` at the top of a module"),
        (print, "which is not a plain function"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_function_that_cannot_be_a_task_is_refused(function: Callable[..., Any], words: str) -> None:
    with pytest.raises(ContractError, match=words):
        task(function)


def test_a_lambda_is_refused_for_its_name() -> None:
    with pytest.raises(ContractError, match="Task name '<lambda>' cannot be part of a URL"):
        task(lambda: None)


def test_bytes_that_are_said_to_be_base64_may_be_within_a_model() -> None:
    @task
    def work(one: WithBase64, many: list[WithBase64], loose: dict[str, list[bytes | None]]) -> WithBase64:
        raise NotImplementedError

    assert declared(work).name == "work"


@pytest.mark.parametrize("example", [{"x": "4"}, {}, {"x": 4, "z": 1}, {"x": float("nan")}])
def test_an_example_that_is_no_valid_input_is_refused(example: dict[str, Any]) -> None:
    with pytest.raises(ContractError, match=r"Task 'work': the example .* is not a valid input"):

        @task(examples=[example])
        def work(x: int) -> None: ...


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"attempts": 1}, r"RetryPolicy\(attempts=1\) never runs the task again: give 2 or more"),
        ({"attempts": 0}, "never runs the task again"),
        ({"attempts": -3}, "never runs the task again"),
        ({"backoff": -SECOND}, "give 0 <= backoff <= max_backoff"),
        ({"backoff": 2 * SECOND, "max_backoff": SECOND}, "give 0 <= backoff <= max_backoff"),
    ],
)
def test_a_retry_policy_that_cannot_be_carried_out_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ContractError, match=words):
        RetryPolicy(**options)


@pytest.mark.parametrize("attempt", [1, 2, 3, 4, 9, 100, 10_000])
def test_delays_double_up_to_the_longest_and_between_half_and_all_of_it(attempt: int) -> None:
    policy = RetryPolicy(attempts=10**6, backoff=SECOND, max_backoff=timedelta(seconds=10))
    longest = min(2.0 ** min(attempt - 1, 60), 10.0)
    delays = [policy.delay(ValueError(), attempt) for _ in range(500)]
    seconds = [delay.total_seconds() for delay in delays if delay is not None]
    assert len(seconds) == 500
    assert longest / 2 <= min(seconds) < longest * 0.6
    assert longest * 0.9 < max(seconds) <= longest


def test_no_attempt_follows_the_last_one_or_another_error() -> None:
    policy = RetryPolicy(on=(OSError,), attempts=3)
    assert policy.delay(ConnectionError(), 2) is not None
    assert policy.delay(ConnectionError(), 3) is None
    assert policy.delay(ValueError(), 1) is None


def test_outside_a_worker_every_attempt_is_the_first() -> None:
    assert context.attempt() == 1


def declared(function: Callable[..., Any]) -> Definition:
    """The definition of a task."""
    return implemented(function).definition


def implemented(function: Callable[..., Any]) -> Implementation:
    """A task with all that carries it out."""
    implementation = implementation_of(function)
    assert implementation is not None
    return implementation
