"""An `async def` is a task like any other, in a queue of async tasks."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Coroutine
from typing import Annotated, Any, assert_type

import pytest
from pydantic import Field

from celeriac.contract.declaration import task
from celeriac.contract.definition import Definition
from celeriac.contract.implementation import Implementation, implementation_of
from celeriac.contract.options.queues import queues_of
from celeriac.contract.signature import ContractError
from celeriac.settings import Settings, SettingsError
from celeriac.values.kinds import Kind


class Opaque:
    """No type of JSON."""


@task
def plain(x: int) -> int:
    return 2 * x


@task(queue="pages")
async def coroutine(x: int, y: int = 3) -> int:
    """Twice as much."""
    return 2 * x + y


@task
async def words(text: str) -> AsyncIterator[str]:
    for word in text.split():
        yield word


@task
async def numbers(count: int) -> AsyncGenerator[int, None]:
    for number in range(count):
        yield number


@task
async def pictures() -> AsyncIterable[bytes]:
    yield b"\x00"


@task
async def short_words() -> AsyncIterator[Annotated[str, Field(max_length=5)]]:
    yield "a"


def test_a_type_checker_sees_each_function_as_it_was_declared() -> None:
    assert_type(plain(4), int)
    assert_type(coroutine(4), Coroutine[Any, Any, int]).close()
    assert_type(coroutine(x=4, y=5), Coroutine[Any, Any, int]).close()
    assert_type(words("a b"), AsyncIterator[str])
    assert_type(numbers(3), AsyncGenerator[int, None])


def test_a_declared_function_is_still_called_as_it_was() -> None:
    async def call() -> tuple[int, list[str]]:
        return await coroutine(4, y=1), [word async for word in words("a b")]

    assert asyncio.run(call()) == (9, ["a", "b"])


@pytest.mark.parametrize(
    ("function", "kind", "result"),
    [
        (plain, Kind.PLAIN, {"type": "integer"}),
        (coroutine, Kind.COROUTINE, {"type": "integer"}),
        (words, Kind.GENERATOR, {"type": "string"}),
        (short_words, Kind.GENERATOR, {"type": "string"}),
        (numbers, Kind.GENERATOR, {"type": "array", "items": {"type": "integer"}}),
    ],
)
def test_a_definition_has_the_kind_and_the_whole_result(
    function: Callable[..., Any], kind: Kind, result: dict[str, Any]
) -> None:
    implementation = implemented(function)
    definition = implementation.definition
    assert (implementation.kind, definition.output_schema) == (kind, result)
    assert (definition.is_async, definition.is_stream) == (kind != "plain", kind == "generator")
    assert definition.to_json()["kind"] == kind
    assert Definition.from_json(definition.to_json()) == definition


def test_what_a_generator_yields_becomes_json_by_the_type_of_the_item() -> None:
    item = implemented(pictures).item
    assert item is not None
    assert item.dump_python((b"\x00",), mode="json") == ["AA=="]
    assert implemented(coroutine).item is None
    assert implemented(pictures).definition.output_schema["items"]["contentEncoding"] == "base64"


def test_a_queue_is_asked_of_the_definition() -> None:
    settings = Settings(default_queue="usual", async_queue="loops")
    queues = {name: implemented(each).definition.queue_in(settings) for name, each in BY_NAME.items()}
    assert queues == {"plain": "usual", "coroutine": "pages", "words": "loops"}
    both = queues_of([implemented(each).definition for each in BY_NAME.values()], settings)
    assert sorted(both.plain) == ["usual"]
    assert sorted(both.asynchronous) == ["loops", "pages"]


def test_a_queue_of_plain_and_async_tasks_is_refused_with_both_names() -> None:
    @task(queue="pages")
    def fetch(x: int) -> int:
        return x

    definitions = [implemented(each).definition for each in (plain, coroutine, fetch)]
    with pytest.raises(
        ContractError, match="Queue 'pages' has the plain task 'fetch' and the async task 'coroutine'"
    ):
        queues_of(definitions, Settings())
    with pytest.raises(ContractError, match=r"Queue 'one' .*'plain'.*'words'.*CELERIAC_ASYNC_QUEUE"):
        queues_of(
            [implemented(plain).definition, implemented(words).definition],
            Settings(default_queue="one", async_queue="one"),
        )


async def generator_without_hint():  # type: ignore[no-untyped-def]  # on purpose  # noqa: ANN201
    yield 1


async def generator_of_what() -> AsyncIterator:  # type: ignore[type-arg]  # on purpose
    yield 1


async def generator_of_opaque() -> AsyncIterator[Opaque]:
    yield Opaque()


async def iterator() -> AsyncIterator[str]:
    return generator_of_text()


def plain_iterator() -> AsyncIterator[str]:
    return generator_of_text()


async def generator_of_text() -> AsyncIterator[str]:
    yield "a"


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (
            generator_without_hint,
            "Task 'generator_without_hint' contains `yield`.*write `-> AsyncIterator\\[str\\]`",
        ),
        (generator_of_what, "Task 'generator_of_what' contains `yield`"),
        (generator_of_opaque, "the result of task 'generator_of_opaque' has the type .*no JSON form"),
        (iterator, "Task 'iterator' returns an async iterator and does not contain `yield`"),
        (plain_iterator, "Task 'plain_iterator' returns an async iterator"),
    ],
)
def test_a_generator_that_cannot_be_a_task_is_refused(function: Callable[..., Any], words: str) -> None:
    with pytest.raises(ContractError, match=words):
        task(function)


def test_a_coroutine_function_of_others_needs_hints_like_any_function() -> None:
    with pytest.raises(ContractError, match="parameter 'delay' of task 'sleep' has no type hint"):
        task(asyncio.sleep)


@pytest.mark.parametrize("name", ["CELERIAC_ASYNC_CONCURRENCY", "CELERIAC_LOOPS", "CELERIAC_BLOCKED_LIMIT"])
def test_a_setting_of_loops_is_at_least_one(name: str) -> None:
    with pytest.raises(SettingsError, match=f"{name}=0"):
        Settings.read({name: "0"})


BY_NAME: dict[str, Callable[..., Any]] = {"plain": plain, "coroutine": coroutine, "words": words}


def implemented(function: object) -> Implementation:
    """What `@task` has recorded."""
    implementation = implementation_of(function)
    assert implementation is not None
    return implementation
