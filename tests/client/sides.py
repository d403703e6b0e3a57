"""Uses the sync and the async client in the same words."""

import asyncio
import inspect
from collections.abc import Iterator
from contextvars import copy_context
from types import TracebackType
from typing import Any, Self

from celeriac.client.client import AsyncBatch, AsyncClient, AsyncTask, Client

SIDES = ("sync", "async")


class Side:
    """Makes clients of one of the two kinds."""

    def __init__(self, name: str) -> None:
        """`sync` or `async`."""
        self.name = name
        self._runner = asyncio.Runner()

    def client(self, *args: Any, **options: Any) -> Any:
        """A client, which is used without `await`."""
        if self.name == "sync":
            return Client(*args, **options)
        return Awaited(AsyncClient(*args, **options), self._runner)

    def of(self, thing: Any) -> Any:
        """The same for what came from elsewhere, such as an unpickled task."""
        return Awaited(thing, self._runner) if self.name == "async" else thing

    def run(self, coroutine: Any) -> Any:
        """What a coroutine returns."""
        return self._runner.run(coroutine)

    def close(self) -> None:
        """End the event loop."""
        self._runner.close()


class Awaited:
    """A client or task of the async side, whose coroutines are awaited at once."""

    def __init__(self, thing: Any, runner: asyncio.Runner) -> None:
        """Use this one."""
        self.thing, self._runner = thing, runner

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.thing, name)
        return self._function(value) if callable(value) else value

    def __repr__(self) -> str:
        return repr(self.thing)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._runner.run(self.thing.__aexit__(kind, error, trace))

    def _function(self, function: Any) -> Any:
        def call(*args: Any, **options: Any) -> Any:
            outcome = function(*args, **options)
            if inspect.isasyncgen(outcome):
                return self._iterate(outcome)
            if inspect.iscoroutine(outcome):
                outcome = self._runner.run(outcome, context=copy_context())
            return self._wrapped(outcome)

        return call

    def _iterate(self, items: Any) -> Iterator[Any]:
        async def following() -> tuple[bool, Any]:
            try:
                return True, await anext(items)
            except StopAsyncIteration:
                return False, None

        try:
            while (pair := self._runner.run(following(), context=copy_context()))[0]:
                yield self._wrapped(pair[1])
        finally:
            self._runner.run(items.aclose())

    def _wrapped(self, value: Any) -> Any:
        return Awaited(value, self._runner) if isinstance(value, AsyncTask | AsyncBatch) else value
