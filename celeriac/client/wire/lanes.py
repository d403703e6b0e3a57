"""Gives each of many requests at once a connection of its own.

The pool of httpcore lets waiting requests race for a connection that becomes free. With dozens of requests at once, one can
lose for seconds, and each race costs time for all connections. Here a request takes a free lane (a pool of one
connection), or opens a new one. A lane whose request failed or was cancelled is not used again: a request that is cancelled
early keeps its place in httpcore's pool for ever.
"""

import os
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from ssl import SSLContext
from time import monotonic
from typing import Generic, Literal, TypeVar

import httpx

L = TypeVar("L")
# Servers close a connection that nobody uses for 5 seconds.
IDLE_SECONDS = 4.0
ONE = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=IDLE_SECONDS)


class _Idle(Generic[L]):
    """The lanes that nobody uses now, the one that was used last at the end."""

    def __init__(self, make: Callable[[], L]) -> None:
        self._make = make
        # Threads append and pop without a lock: both are atomic.
        self._lanes: deque[tuple[float, L]] = deque()
        self._is_closed = False
        self._process = os.getpid()

    def take(self) -> L:
        """A lane that nobody uses: its connection is the warmest, or will be a new one."""
        if self._process != os.getpid():  # a fork: the connections are those of its parent
            self._process, self._lanes = os.getpid(), deque()
        try:
            return self._lanes.pop()[1]
        except IndexError:
            return self._make()

    def give_back(self, lane: L) -> list[L]:
        """It is free again. Returns the lanes to close, because nobody has used them for a while."""
        if self._is_closed:
            return [lane]
        self._lanes.append((monotonic(), lane))
        return self._old()

    def end(self) -> list[L]:
        """Take no lane back; returns those to close."""
        self._is_closed = True
        lanes = [lane for _, lane in self._lanes]
        self._lanes.clear()
        return lanes

    def _old(self) -> list[L]:
        old, oldest = [], monotonic() - IDLE_SECONDS
        with suppress(IndexError):  # there are no more, or another thread has taken the last one
            while self._lanes[0][0] < oldest:
                old.append(self._lanes.popleft()[1])
        return old


class Lanes(httpx.BaseTransport):
    """For threads."""

    def __init__(self, verify: SSLContext | Literal[False]) -> None:
        """`verify` is an SSL context, or False for addresses without TLS."""
        self._idle = _Idle(lambda: httpx.HTTPTransport(verify=verify, limits=ONE))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over a lane, which is free again when the response is closed."""
        lane = self._idle.take()
        try:
            response = lane.handle_request(request)
        except BaseException:
            lane.close()
            raise
        if isinstance(response.stream, httpx.SyncByteStream):
            response.stream = _Stream(response.stream, lane, self._give_back)
        return response

    def close(self) -> None:
        """Close what nobody uses; what is in use follows at its end."""
        for lane in self._idle.end():
            lane.close()

    def _give_back(self, lane: httpx.HTTPTransport) -> None:
        for old in self._idle.give_back(lane):
            old.close()


class AsyncLanes(httpx.AsyncBaseTransport):
    """For coroutines."""

    def __init__(self, verify: SSLContext | Literal[False]) -> None:
        """`verify` is an SSL context, or False for addresses without TLS."""
        self._idle = _Idle(lambda: httpx.AsyncHTTPTransport(verify=verify, limits=ONE))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over a lane, which is free again when the response is closed."""
        lane = self._idle.take()
        try:
            response = await lane.handle_async_request(request)
        except BaseException:
            await lane.aclose()
            raise
        if isinstance(response.stream, httpx.AsyncByteStream):
            response.stream = _AsyncStream(response.stream, lane, self._give_back)
        return response

    async def aclose(self) -> None:
        """Close what nobody uses; what is in use follows at its end."""
        for lane in self._idle.end():
            await lane.aclose()

    async def _give_back(self, lane: httpx.AsyncHTTPTransport) -> None:
        for old in self._idle.give_back(lane):
            await old.aclose()


class _Stream(httpx.SyncByteStream):
    """The body of a response; at its end the lane is free."""

    def __init__(
        self,
        stream: httpx.SyncByteStream,
        lane: httpx.HTTPTransport,
        free: Callable[[httpx.HTTPTransport], None],
    ) -> None:
        self._stream, self._free = stream, free
        self._lane: httpx.HTTPTransport | None = lane

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._stream)

    def close(self) -> None:
        lane, self._lane = self._lane, None
        if lane is None:
            return
        try:
            self._stream.close()
        except BaseException:
            lane.close()
            raise
        self._free(lane)


class _AsyncStream(httpx.AsyncByteStream):
    """The same, to be read with `await`."""

    def __init__(
        self,
        stream: httpx.AsyncByteStream,
        lane: httpx.AsyncHTTPTransport,
        free: Callable[[httpx.AsyncHTTPTransport], Awaitable[None]],
    ) -> None:
        self._stream, self._free = stream, free
        self._lane: httpx.AsyncHTTPTransport | None = lane

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._stream)

    async def aclose(self) -> None:
        lane, self._lane = self._lane, None
        if lane is None:
            return
        try:
            await self._stream.aclose()
        except BaseException:
            await lane.aclose()
            raise
        await self._free(lane)
