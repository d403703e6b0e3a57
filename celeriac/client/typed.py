"""Typed calls: the modules that `celeriac generate` writes are made of these.

The module declares a method for each definition, whose body never runs. Read from `Tasks(client)`, it is a call with the types of
the method: sync for a `Client`, async for an `AsyncClient`.
"""

import inspect
import json
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Generator, Iterable
from datetime import datetime, timedelta
from functools import cached_property
from os import PathLike
from typing import (
    IO,
    Any,
    Concatenate,
    Generic,
    ParamSpec,
    Self,
    TypeAlias,
    TypedDict,
    TypeVar,
    Unpack,
    get_type_hints,
    overload,
)
from uuid import UUID

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from celeriac.client.calls.outcome import Fields, Outcome
from celeriac.client.calls.submission import FlowOption, Notified, Other, Priority, When
from celeriac.client.client import AsyncClient, AsyncTask, Client, Task
from celeriac.client.errors import UnexpectedAnswer

P = ParamSpec("P")
T = TypeVar("T")
ClientT = TypeVar("ClientT", Client, AsyncClient)

File: TypeAlias = bytes | PathLike[str] | IO[bytes]
"""What a parameter of the type `bytes` takes: the content, its path, or an open file."""

# JSON has them itself, so there is nothing to convert.
PLAIN = (Any, bool, int, str, type(None))


class Default:
    """The type of `DEFAULT`."""

    def __repr__(self) -> str:
        return "DEFAULT"

    def __deepcopy__(self, _: object) -> Self:
        return self

    def __reduce__(self) -> str:
        return "DEFAULT"


DEFAULT: Any = Default()
"""A default that the API knows; nothing is sent."""


class Model(BaseModel):
    """A model in an input or a result. What was not set is not sent, so that the API's own defaults apply."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, protected_namespaces=())

    def model_dump(self, **options: Any) -> dict[str, Any]:
        """What was set, under the names of the API; the options are those of pydantic."""
        return super().model_dump(**{"by_alias": True, "exclude_unset": True, **options})

    def model_dump_json(self, **options: Any) -> str:
        """The same as JSON."""
        return super().model_dump_json(**{"by_alias": True, "exclude_unset": True, **options})


class Options(TypedDict, total=False):
    """The options of a submission, as `Client.submit` describes them."""

    delay: float | timedelta | None
    eta: datetime | str | None
    expires: float | timedelta | None
    idempotency_key: str | None
    task_id: str | UUID | None
    after: Other | Iterable[Other] | None
    when: When | None
    queue: str | None
    priority: Priority | None
    fair: str | None
    tags: str | Iterable[str] | None
    unique: FlowOption | None
    debounce: FlowOption | None
    concurrency: FlowOption | None
    throttle: FlowOption | None
    notify: Notified | Iterable[Notified] | None
    timeout: float | None


class Calls(Generic[ClientT]):
    """The calls of an API; the class of a generated module declares them."""

    _client: ClientT

    def __init__(self, client: ClientT) -> None:
        """The client sends the requests, and stays open."""
        self._client = client

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._client!r}>"


class Declared(Generic[P, T]):
    """A declared method: what goes into an input, and what comes out of a result."""

    def __init__(self, name: str, method: Callable[Concatenate[Any, P], T], renamed: dict[str, str]) -> None:
        """`renamed` has the names in the API of those parameters whose own names are no names in Python."""
        self.name = name
        self.method = method
        self._renamed = renamed
        self.__doc__ = method.__doc__
        signature = inspect.signature(method)
        _, *parameters = signature.parameters.values()
        self.__signature__ = signature.replace(parameters=parameters)

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> Callable[Concatenate[Any, P], T]: ...
    @overload
    def __get__(self, instance: Calls[Client], owner: type[Any] | None = None) -> "Call[P, T]": ...
    @overload
    def __get__(self, instance: Calls[AsyncClient], owner: type[Any] | None = None) -> "AsyncCall[P, T]": ...
    def __get__(self, instance: Calls[Any] | None, owner: type[Any] | None = None) -> Any:
        if instance is None:
            return self.method
        client = instance._client  # noqa: SLF001 - the calls are for this
        kind: Any = AsyncCall if isinstance(client, AsyncClient) else Call
        return kind(self, client, {})

    def input(self, *args: P.args, **parameters: P.kwargs) -> dict[str, Any]:
        """The input with these parameters; `TypeError` as Python has it, for those that do not fit the method."""
        arguments = self.__signature__.bind(*args, **parameters).arguments
        return {
            self._renamed.get(name, name): value for name, value in arguments.items() if value is not DEFAULT
        }

    def value(self, result: Any) -> T:
        """The result in its type; `UnexpectedAnswer` if it does not have it."""
        if self._is_plain:
            return result  # type: ignore[no-any-return]  # as JSON has it
        try:
            return self._adapter.validate_json(json.dumps(result, default=lambda file: file.json_form()))
        except ValidationError as error:
            raise UnexpectedAnswer(
                f"The result of {self.name!r} does not have the type that this program knows, so its definition has changed. "
                f"Write the typed calls again with celeriac generate. {error}",
                status=200,
            ) from error

    def outcome(self, outcome: Outcome[Any]) -> Outcome[T]:
        """The outcome with its value in its type."""
        if outcome.error is not None:
            return outcome
        try:
            value = self.value(outcome.value)
        except UnexpectedAnswer as error:
            return Outcome(outcome.number, outcome.input, outcome.task_id, error=error)
        return Outcome(outcome.number, outcome.input, outcome.task_id, value)

    @cached_property
    def _hint(self) -> Any:
        return get_type_hints(self.method, include_extras=True)["return"]

    @cached_property
    def _is_plain(self) -> bool:
        return self._hint in PLAIN

    @cached_property
    def _adapter(self) -> TypeAdapter[T]:
        return TypeAdapter(self._hint)


class _Bound(Generic[P, T, ClientT]):
    """A declared method with the client and the options of its calls."""

    _client: ClientT

    def __init__(self, declared: Declared[P, T], client: ClientT, options: Options) -> None:
        self._declared, self._client, self._options = declared, client, options
        self.__doc__, self.__signature__ = declared.__doc__, declared.__signature__

    def input(self, *args: P.args, **parameters: P.kwargs) -> dict[str, Any]:
        """The input with these parameters, for `map` and for `Client.submit`."""
        return self._declared.input(*args, **parameters)

    def options(self, **options: Unpack[Options]) -> Self:
        """The same call with these options: `tasks.add.options(delay=5).submit(x=4, y=5)`."""
        return type(self)(self._declared, self._client, {**self._options, **options})

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._declared.name!r} of {self._client!r}>"


class Call(_Bound[P, T, Client]):
    """A call of one definition."""

    def __call__(self, *args: P.args, **parameters: P.kwargs) -> T:
        """Run a task and return its result, as `Client.run` does."""
        result = self._client.run(self._declared.name, input=self.input(*args, **parameters), **self._options)
        return self._declared.value(result)

    def submit(self, *args: P.args, **parameters: P.kwargs) -> Task[T]:
        """Submit a task and return its handle, as `Client.submit` does."""
        task_input = self.input(*args, **parameters)
        task = self._client.submit(self._declared.name, input=task_input, **self._options)
        return task.converted(self._declared.value)

    def map(
        self, inputs: Iterable[Fields], *, at_once: int = 64, ordered: bool = True
    ) -> Generator[Outcome[T], None, None]:
        """Run a task for each input, as `Client.map` does: `tasks.add.map(tasks.add.input(x=x, y=1) for x in numbers)`."""
        outcomes = self._client.map(
            self._declared.name, inputs, at_once=at_once, ordered=ordered, **_of_map(self._options)
        )
        try:
            for outcome in outcomes:
                yield self._declared.outcome(outcome)
        finally:
            outcomes.close()


class AsyncCall(_Bound[P, T, AsyncClient]):
    """A call of one definition."""

    async def __call__(self, *args: P.args, **parameters: P.kwargs) -> T:
        """Run a task and return its result, as `AsyncClient.run` does."""
        task_input = self.input(*args, **parameters)
        result = await self._client.run(self._declared.name, input=task_input, **self._options)
        return self._declared.value(result)

    async def submit(self, *args: P.args, **parameters: P.kwargs) -> AsyncTask[T]:
        """Submit a task and return its handle, as `AsyncClient.submit` does."""
        task_input = self.input(*args, **parameters)
        task = await self._client.submit(self._declared.name, input=task_input, **self._options)
        return task.converted(self._declared.value)

    async def map(
        self, inputs: Iterable[Fields] | AsyncIterable[Fields], *, at_once: int = 64, ordered: bool = True
    ) -> AsyncGenerator[Outcome[T], None]:
        """Run a task for each input, as `AsyncClient.map` does."""
        outcomes = self._client.map(
            self._declared.name, inputs, at_once=at_once, ordered=ordered, **_of_map(self._options)
        )
        try:
            async for outcome in outcomes:
                yield self._declared.outcome(outcome)
        finally:
            await outcomes.aclose()


def call(name: str, /, **renamed: str) -> Callable[[Callable[Concatenate[Any, P], T]], Declared[P, T]]:
    """Declare the method to be the definition of this name; `class_="class"` says what a parameter is called there."""

    def declare(method: Callable[Concatenate[Any, P], T]) -> Declared[P, T]:
        return Declared(name, method, renamed)

    return declare


class _MapOptions(TypedDict, total=False):
    expires: float | timedelta | None
    timeout: float | None


def _of_map(options: Options) -> _MapOptions:
    """The options that many tasks can have in common; `TypeError` for the others."""
    expires_and_timeout: _MapOptions = {}
    for name, value in options.items():
        match name:
            case "expires" | "timeout":
                expires_and_timeout[name] = value  # type: ignore[typeddict-item]  # as in `Options`
            case _:
                raise TypeError(f"map() has no option {name!r}; it has expires and timeout.")
    return expires_and_timeout
