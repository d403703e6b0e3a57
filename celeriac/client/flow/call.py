"""Makes methods from flows: one description serves the sync and the async client.

A flow is a generator that yields what it wants done (celeriac/client/flow/steps.py). Its driver does that, blocking or
with `await`, and sends the outcome back. A descriptor gives the method its type on each of the two sides.
"""

import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Generator, Iterator
from functools import wraps
from types import MethodType
from typing import Any, Concatenate, Generic, ParamSpec, get_args, get_origin, overload

from typing_extensions import TypeVar

from celeriac.client.flow.async_driver import AsyncDriver
from celeriac.client.flow.steps import Flow, Item, Series
from celeriac.client.flow.sync_driver import SyncDriver

P = ParamSpec("P")
T = TypeVar("T")
H = TypeVar("H")
# Of batches.
B = TypeVar("B", default=Any)


class Sync(Generic[H, B]):
    """What is used without `await`; H is its handle of a task, B that of a batch."""

    @property
    def _driver(self) -> SyncDriver:
        raise NotImplementedError


class Async(Generic[H, B]):
    """What is used with `await`; H is its handle of a task, B that of a batch."""

    @property
    def _driver(self) -> AsyncDriver:
        raise NotImplementedError


class _Described:
    """A flow with the two functions made from it; which of them is a method depends on who has it."""

    def __init__(self, sync: Any, asynchronous: Any) -> None:
        self._sync, self._async = sync, asynchronous
        self.__doc__ = sync.__doc__

    def _of(self, instance: Any, owner: type[Any] | None) -> Any:
        if instance is None:
            return self._async if owner is not None and issubclass(owner, Async) else self._sync
        return MethodType(self._async if isinstance(instance, Async) else self._sync, instance)


class Call(_Described, Generic[P, T]):
    """A method that returns one value."""

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> Callable[Concatenate[Any, P], T]: ...
    @overload
    def __get__(self, instance: Sync[Any], owner: type[Any] | None = None) -> Callable[P, T]: ...
    @overload
    def __get__(
        self, instance: Async[Any], owner: type[Any] | None = None
    ) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        return self._of(instance, owner)


class TaskCall(_Described, Generic[P]):
    """A method that returns a handle of a task."""

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> Callable[Concatenate[Any, P], Any]: ...
    @overload
    def __get__(self, instance: Sync[H], owner: type[Any] | None = None) -> Callable[P, H]: ...
    @overload
    def __get__(
        self, instance: Async[H], owner: type[Any] | None = None
    ) -> Callable[P, Coroutine[Any, Any, H]]: ...
    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        return self._of(instance, owner)


class SeriesCall(_Described, Generic[P, T]):
    """A method that gives values one by one."""

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> Callable[Concatenate[Any, P], Any]: ...
    @overload
    def __get__(
        self, instance: Sync[Any], owner: type[Any] | None = None
    ) -> Callable[P, Generator[T, None, None]]: ...
    @overload
    def __get__(
        self, instance: Async[Any], owner: type[Any] | None = None
    ) -> Callable[P, AsyncGenerator[T, None]]: ...
    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        return self._of(instance, owner)


class TaskSeriesCall(_Described, Generic[P]):
    """A method that gives handles of tasks one by one."""

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> Callable[Concatenate[Any, P], Any]: ...
    @overload
    def __get__(
        self, instance: Sync[H], owner: type[Any] | None = None
    ) -> Callable[P, Generator[H, None, None]]: ...
    @overload
    def __get__(
        self, instance: Async[H], owner: type[Any] | None = None
    ) -> Callable[P, AsyncGenerator[H, None]]: ...
    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        return self._of(instance, owner)


class BatchCall(_Described, Generic[P]):
    """A method that returns a handle of a batch."""

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> Callable[Concatenate[Any, P], Any]: ...
    @overload
    def __get__(self, instance: Sync[Any, B], owner: type[Any] | None = None) -> Callable[P, B]: ...
    @overload
    def __get__(
        self, instance: Async[Any, B], owner: type[Any] | None = None
    ) -> Callable[P, Coroutine[Any, Any, B]]: ...
    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        return self._of(instance, owner)


class BatchSeriesCall(_Described, Generic[P]):
    """A method that gives handles of batches one by one."""

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> Callable[Concatenate[Any, P], Any]: ...
    @overload
    def __get__(
        self, instance: Sync[Any, B], owner: type[Any] | None = None
    ) -> Callable[P, Generator[B, None, None]]: ...
    @overload
    def __get__(
        self, instance: Async[Any, B], owner: type[Any] | None = None
    ) -> Callable[P, AsyncGenerator[B, None]]: ...
    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        return self._of(instance, owner)


def call(flow: Callable[Concatenate[Any, P], Flow[T]]) -> Call[P, T]:
    """The method that this flow describes."""
    return Call(*_functions(flow))


def task_call(flow: Callable[Concatenate[Any, P], Flow[Any]]) -> TaskCall[P]:
    """The method that this flow describes; it returns a handle of a task, sync or async as its owner is."""
    return TaskCall(*_functions(flow))


def series(flow: Callable[Concatenate[Any, P], Series[T]]) -> SeriesCall[P, T]:
    """The iterator that this flow describes."""
    return SeriesCall(*_iterators(flow))


def task_series(flow: Callable[Concatenate[Any, P], Series[Any]]) -> TaskSeriesCall[P]:
    """The iterator over handles of tasks that this flow describes."""
    return TaskSeriesCall(*_iterators(flow))


def batch_call(flow: Callable[Concatenate[Any, P], Flow[Any]]) -> BatchCall[P]:
    """The method that this flow describes; it returns a handle of a batch."""
    return BatchCall(*_functions(flow))


def batch_series(flow: Callable[Concatenate[Any, P], Series[Any]]) -> BatchSeriesCall[P]:
    """The iterator over handles of batches that this flow describes."""
    return BatchSeriesCall(*_iterators(flow))


def _functions(flow: Callable[..., Flow[Any]]) -> tuple[Any, Any]:
    @wraps(flow)
    def sync(self: Any, /, *args: Any, **options: Any) -> Any:
        return self._driver.run(_begun(flow, self, args, options))

    @wraps(flow)
    async def asynchronous(self: Any, /, *args: Any, **options: Any) -> Any:
        return await self._driver.run(_begun(flow, self, args, options))

    returned = _returned(flow, 2)
    return _signed(sync, flow, returned), _signed(asynchronous, flow, returned)


def _iterators(flow: Callable[..., Series[Any]]) -> tuple[Any, Any]:
    @wraps(flow)
    def sync(self: Any, /, *args: Any, **options: Any) -> Any:
        return self._driver.iterate(flow(self, *args, **options))

    @wraps(flow)
    def asynchronous(self: Any, /, *args: Any, **options: Any) -> Any:
        return self._driver.iterate(flow(self, *args, **options))

    sync_type: Any = Iterator
    async_type: Any = AsyncIterator
    for part in get_args(_returned(flow, 0)):
        if get_origin(part) is Item:
            sync_type, async_type = (kind[get_args(part)] for kind in (Iterator, AsyncIterator))
    return _signed(sync, flow, sync_type), _signed(asynchronous, flow, async_type)


def _begun(flow: Callable[..., Flow[T]], self: Any, args: Any, options: Any) -> Flow[T]:
    """The flow, of which nothing has run yet; `TypeError` says how an input is given."""
    try:
        return flow(self, *args, **options)
    except TypeError as wrong:
        if len(args) < 2 or "fields" not in flow.__annotations__:
            raise
        raise TypeError(
            f"{flow.__name__} takes the input by name, as in {flow.__name__}({args[0]!r}, x=4, y=5), or as input={{...}}."
        ) from wrong


def _returned(flow: Callable[..., Any], argument: int) -> Any:
    """What the generator gives to whoever drives it, by its annotation."""
    return get_args(inspect.signature(flow).return_annotation)[argument]


def _signed(function: Any, flow: Callable[..., Any], returned: Any) -> Any:
    """The function with the signature that its user sees."""
    function.__signature__ = inspect.signature(flow).replace(return_annotation=returned)
    function.__annotations__ = {**flow.__annotations__, "return": returned}
    return function
