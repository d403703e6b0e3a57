"""`Shared`: what can be shared, and that it is no part of the input."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import pytest

from celeriac.contract.declaration import task
from celeriac.contract.implementation import Implementation, implementation_of
from celeriac.contract.shared import Shared
from celeriac.contract.signature import ContractError

if TYPE_CHECKING:
    import httpx


class Client:
    """No type of JSON."""


async def client() -> AsyncIterator[Client]:
    yield Client()


async def session(client: Annotated[Client, Shared(client)], size: int = 4) -> AsyncGenerator[list[Client]]:
    yield [client] * size


def model(path: str = "model.bin") -> Iterator[str]:
    yield path


def test_a_shared_parameter_is_no_part_of_the_input() -> None:
    @task(examples=[{"url": "/"}])
    async def fetch(
        url: str,
        client: Annotated[Client, Shared(client)],
        *,
        sizes: Annotated[list[Client], Shared(session)],
        limit: int = 3,
    ) -> str:
        raise NotImplementedError

    implementation = implemented(fetch)
    assert implementation.shared == {"client": Shared(client), "sizes": Shared(session)}
    assert implementation.shared["sizes"].needs == {"client": Shared(client)}
    assert list(implementation.input_model.model_fields) == ["url", "limit"]
    assert implementation.definition.input_schema["required"] == ["url"]
    with pytest.raises(ValueError, match="client"):
        implementation.input_model.model_validate({"url": "/", "client": None})


def test_a_plain_function_can_share_too_and_an_async_one_what_is_plain() -> None:
    larger = partial(model, "large.bin")

    @task
    def classify(
        text: str, model: Annotated[str, Shared(model)], other: Annotated[str, Shared(larger)]
    ) -> str:
        raise NotImplementedError

    @task
    async def answer(text: str, model: Annotated[str, Shared(model)]) -> AsyncIterator[str]:
        yield text + model

    assert implemented(classify).shared == {"model": Shared(model), "other": Shared(larger)}
    assert Shared(model) != Shared(larger)
    assert implemented(answer).shared == {"model": Shared(model)}


def test_the_type_may_be_one_that_only_type_checkers_import() -> None:
    @task
    async def whole(x: int, client: "Annotated[httpx.AsyncClient | None, Shared(client)]") -> int:
        raise NotImplementedError

    @task
    async def part(x: int, client: Annotated["httpx.AsyncClient", Shared(client)]) -> int:
        raise NotImplementedError

    for function in (whole, part):
        assert implemented(function).shared == {"client": Shared(client)}
        assert list(implemented(function).input_model.model_fields) == ["x"]


def test_a_function_without_shared_parameters_has_none() -> None:
    @task
    def add(x: int, y: "Annotated[int, 'a number']") -> int:
        return x + y

    assert implemented(add).shared == {}


async def returns() -> Client:
    return Client()


@asynccontextmanager
async def decorated() -> AsyncIterator[Client]:
    yield Client()


@pytest.mark.parametrize(
    ("factory", "words"),
    [
        (returns, r"Shared\(returns\): 'returns' does not yield: write a function"),
        (Client, "'Client' does not yield"),
        (client(), r"Shared\(client\(\.\.\.\)\): give the function itself, without a call: Shared\(client\)"),
        (decorated, "'decorated' is a generator function with a decorator: remove the decorator"),
    ],
)
def test_a_factory_that_does_not_yield_is_refused(factory: Callable[..., Any], words: str) -> None:
    with pytest.raises(ContractError, match=words):
        Shared(factory)


async def needs_a_url(url: str) -> AsyncIterator[str]:
    yield url


def plain_around_async(client: Annotated[Client, Shared(client)]) -> Iterator[Client]:
    yield client


async def hen(egg: "Annotated[Client, Shared(egg)]") -> AsyncIterator[Client]:
    yield egg


async def egg(hen: "Annotated[Client, Shared(hen)]") -> AsyncIterator[Client]:
    yield hen


def plain(x: int, client: Annotated[Client, Shared(client)]) -> int:
    raise NotImplementedError


async def unknown_parameter(client: Annotated[Client, Shared(needs_a_url)]) -> None: ...


async def plain_within(client: Annotated[Client, Shared(plain_around_async)]) -> None: ...


async def cycle(client: Annotated[Client, Shared(hen)]) -> None: ...


async def bare(client: Annotated[Client, Shared]) -> None: ...


async def default(client: Annotated[Client | None, Shared(client)] = None) -> None: ...


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (
            unknown_parameter,
            "'needs_a_url', which task 'unknown_parameter' shares, has the parameter 'url', which nobody gives",
        ),
        (
            plain,
            r"task 'plain' is a plain function and needs Shared\(client\), which only an `async def` can have",
        ),
        (
            plain_within,
            r"'plain_around_async', which task 'plain_within' shares, is a plain function and needs Shared\(client\)",
        ),
        (cycle, "What task 'cycle' shares needs itself: hen -> egg -> hen"),
        (
            bare,
            r"parameter 'client' of task 'bare' does not say what opens its value: write Shared\(factory\)",
        ),
        (default, "parameter 'client' of task 'default' is shared.*remove the default"),
    ],
)
def test_what_nobody_can_open_is_refused(function: Callable[..., Any], words: str) -> None:
    with pytest.raises(ContractError, match=words):
        task(function)


def test_a_shared_parameter_cannot_be_hidden_for_nobody_sends_it() -> None:
    with pytest.raises(ContractError, match="Task 'fetch' has no parameter 'client' to hide; it has: url"):

        @task(hidden=("client",))
        async def fetch(url: str, client: Annotated[Client, Shared(client)]) -> None: ...


def implemented(function: object) -> Implementation:
    """What `@task` has recorded."""
    implementation = implementation_of(function)
    assert implementation is not None
    return implementation
