"""Drives flows with an HTTP client for asyncio."""

import asyncio
import math
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any, TypeVar

import httpx
from httpx_sse import ServerSentEvent

from celeriac.client.errors import CeleriacError
from celeriac.client.flow.coroutines import side_by_side
from celeriac.client.flow.steps import Flow, Item, Next, Open, Pause, Send, Series, SideBySide
from celeriac.client.wire.failures import lost, translated
from celeriac.client.wire.http import AsyncBoundedStream, Gap, Reading, Wire, is_stream
from celeriac.client.wire.lines import async_events_of
from celeriac.client.wire.request import Answer, Request

T = TypeVar("T")


class AsyncDriver:
    """Does what flows ask for, one step after another."""

    def __init__(self, http: httpx.AsyncClient, wire: Wire) -> None:
        """The HTTP client is closed by whoever made it."""
        self.http, self._wire = http, wire
        # Whether the API was ever there.
        self.has_answered = False

    async def run(self, flow: Flow[T]) -> T:
        """What the flow returns."""
        try:
            step = next(flow)
            while True:
                try:
                    outcome = await self._do(step)
                except CeleriacError as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(outcome)
        except StopIteration as end:
            value: T = end.value
            return value
        finally:
            flow.close()

    async def iterate(self, flow: Series[T]) -> AsyncGenerator[T, None]:
        """The values that the flow gives."""
        stream = _Stream(self)
        try:
            step = next(flow)
            while True:
                outcome: Any = None
                try:
                    match step:
                        case Item(value):
                            yield value
                        case SideBySide():
                            async with aclosing(side_by_side(self.run, step)) as values:
                                async for value in values:
                                    yield value
                        case Open(request, seconds):
                            outcome = await stream.open(request, seconds)
                        case Next():
                            outcome = await stream.next()
                        case _:
                            outcome = await self._do(step)
                except CeleriacError as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(outcome)
        except StopIteration:
            return
        finally:
            await stream.close()
            flow.close()

    async def _do(self, step: Send | Pause) -> Answer | None:
        if isinstance(step, Send):
            return await self.answer(step.request, step.seconds, step.whole_seconds)
        await asyncio.sleep(step.seconds)
        return None

    async def answer(self, request: Request, seconds: float, whole_seconds: float) -> Answer:
        """The whole answer to a request."""
        try:
            async with asyncio.timeout(None if whole_seconds == math.inf else whole_seconds):
                response = await self.send(request, seconds)
                try:
                    return await self.read(response, request, whole_seconds)
                finally:
                    await response.aclose()
        except httpx.RequestError as error:
            raise translated(error, request, self._wire.base_url) from error
        except TimeoutError as error:
            raise lost(request, self._wire.base_url, "it takes too long") from error

    async def send(self, request: Request, seconds: float) -> httpx.Response:
        """The head of the answer. No redirect is followed: a key goes nowhere else."""
        built = self._wire.request(self.http, request, seconds)
        response = await self.http.send(built, stream=True, follow_redirects=False)
        self.has_answered = True
        return response

    async def read(self, response: httpx.Response, request: Request, seconds: float) -> Answer:
        """The rest of it."""
        reading = Reading(request, self._wire.base_url, seconds)
        async for chunk in response.aiter_bytes():
            reading.add(chunk)
        return reading.answer(response)

    @property
    def base_url(self) -> str:
        """The address of the API."""
        return self._wire.base_url


class _Stream:
    """The one stream of events that a series has open."""

    def __init__(self, driver: AsyncDriver) -> None:
        self._driver = driver
        self._response: httpx.Response | None = None
        self._events: AsyncIterator[ServerSentEvent] | None = None

    async def open(self, request: Request, seconds: float) -> Answer:
        await self.close()
        self._request = request
        try:
            response = await self._driver.send(request, seconds)
            self._response = response
            if not is_stream(response):
                return await self._driver.read(response, request, seconds)
        except httpx.RequestError as error:
            raise translated(error, request, self._driver.base_url) from error
        self._gap = Gap(self._driver.base_url)
        if isinstance(response.stream, httpx.AsyncByteStream):
            response.stream = AsyncBoundedStream(response.stream, self._gap)
        self._events = async_events_of(response)
        return Answer(response.status_code, response.headers)

    async def next(self) -> ServerSentEvent | None:
        if self._events is None:
            return None
        try:
            event = await anext(self._events, None)
        except httpx.RequestError as error:
            raise translated(error, self._request, self._driver.base_url) from error
        self._gap.end()
        return event

    async def close(self) -> None:
        if self._response is not None:
            await self._response.aclose()
            self._response = None
