"""Reads a stream of lines of JSON as if each were an event."""

from collections.abc import AsyncIterator, Iterator

import httpx
from httpx_sse import EventSource, ServerSentEvent

from celeriac.client.wire.request import LINES


def events_of(response: httpx.Response) -> Iterator[ServerSentEvent]:
    """The events of the stream; each line is one, and has no other member than its data."""
    if not _is_lines(response):
        return EventSource(response).iter_sse()
    return _lines(response)


def async_events_of(response: httpx.Response) -> AsyncIterator[ServerSentEvent]:
    """The same, to be read with `await`."""
    if not _is_lines(response):
        return EventSource(response).aiter_sse()
    return _async_lines(response)


def _is_lines(response: httpx.Response) -> bool:
    return str(response.headers.get("content-type", "")).startswith(LINES)


def _lines(response: httpx.Response) -> Iterator[ServerSentEvent]:
    cut = _Cut()
    for chunk in response.iter_bytes():
        yield from cut.lines(chunk)


async def _async_lines(response: httpx.Response) -> AsyncIterator[ServerSentEvent]:
    cut = _Cut()
    async for chunk in response.aiter_bytes():
        for line in cut.lines(chunk):
            yield line


class _Cut:
    """Cuts at line feeds alone: JSON may have other ends of lines in its texts. What has no end is left out."""

    def __init__(self) -> None:
        self._open: list[bytes] = []

    def lines(self, chunk: bytes) -> Iterator[ServerSentEvent]:
        first, *rest = chunk.split(b"\n")
        self._open.append(first)
        for start in rest:
            yield ServerSentEvent(data=b"".join(self._open).decode(errors="replace"))
            self._open = [start]
