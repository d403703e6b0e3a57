"""Drives flows with a blocking HTTP client."""

import time
from collections.abc import Generator, Iterator
from threading import Event
from typing import Any, TypeVar

import httpx
from httpx_sse import ServerSentEvent

from celeriac.client.errors import CeleriacError
from celeriac.client.flow.steps import Flow, Item, Next, Open, Pause, Send, Series, SideBySide
from celeriac.client.flow.threads import side_by_side
from celeriac.client.wire.failures import translated
from celeriac.client.wire.http import BoundedStream, Gap, Reading, Wire, is_stream
from celeriac.client.wire.lines import events_of
from celeriac.client.wire.request import Answer, Request

T = TypeVar("T")


class Stopped(Exception):
    """Nobody wants the value of this flow any more."""


class SyncDriver:
    """Does what flows ask for, one step after another."""

    def __init__(self, http: httpx.Client, wire: Wire) -> None:
        """The HTTP client is closed by whoever made it."""
        self.http, self._wire = http, wire
        # Whether the API was ever there.
        self.has_answered = False

    def run(self, flow: Flow[T], stopped: Event | None = None) -> T:
        """What the flow returns; `Stopped` before its next step once the event is set."""
        try:
            step = next(flow)
            while True:
                if stopped is not None and stopped.is_set():
                    raise Stopped
                try:
                    outcome = self._do(step)
                except CeleriacError as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(outcome)
        except StopIteration as end:
            value: T = end.value
            return value
        finally:
            flow.close()

    def iterate(self, flow: Series[T]) -> Generator[T, None, None]:
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
                            yield from side_by_side(self.run, step)
                        case Open(request, seconds):
                            outcome = stream.open(request, seconds)
                        case Next():
                            outcome = stream.next()
                        case _:
                            outcome = self._do(step)
                except CeleriacError as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(outcome)
        except StopIteration:
            return
        finally:
            stream.close()
            flow.close()

    def _do(self, step: Send | Pause) -> Answer | None:
        if isinstance(step, Send):
            return self.answer(step.request, step.seconds, step.whole_seconds)
        time.sleep(step.seconds)
        return None

    def answer(self, request: Request, seconds: float, whole_seconds: float) -> Answer:
        """The whole answer to a request."""
        reading = Reading(request, self._wire.base_url, whole_seconds)
        try:
            response = self.send(request, seconds)
            try:
                return self.read(response, reading)
            finally:
                response.close()
        except httpx.RequestError as error:
            raise translated(error, request, self._wire.base_url) from error

    def send(self, request: Request, seconds: float) -> httpx.Response:
        """The head of the answer. No redirect is followed: a key goes nowhere else."""
        built = self._wire.request(self.http, request, seconds)
        response = self.http.send(built, stream=True, follow_redirects=False)
        self.has_answered = True
        return response

    def read(self, response: httpx.Response, reading: Reading) -> Answer:
        """The rest of it."""
        reading.bound(response)
        for chunk in response.iter_bytes():
            reading.add(chunk)
        return reading.answer(response)

    @property
    def base_url(self) -> str:
        """The address of the API."""
        return self._wire.base_url


class _Stream:
    """The one stream of events that a series has open."""

    def __init__(self, driver: SyncDriver) -> None:
        self._driver = driver
        self._response: httpx.Response | None = None
        self._events: Iterator[ServerSentEvent] = iter(())

    def open(self, request: Request, seconds: float) -> Answer:
        self.close()
        self._request = request
        try:
            response = self._driver.send(request, seconds)
            self._response = response
            if not is_stream(response):
                return self._driver.read(response, Reading(request, self._driver.base_url, seconds))
        except httpx.RequestError as error:
            raise translated(error, request, self._driver.base_url) from error
        self._gap = Gap(self._driver.base_url)
        if isinstance(response.stream, httpx.SyncByteStream):
            response.stream = BoundedStream(response.stream, self._gap)
        self._events = events_of(response)
        return Answer(response.status_code, response.headers)

    def next(self) -> ServerSentEvent | None:
        try:
            event = next(self._events, None)
        except httpx.RequestError as error:
            raise translated(error, self._request, self._driver.base_url) from error
        self._gap.end()
        return event

    def close(self) -> None:
        if self._response is not None:
            self._response.close()
            self._response = None
