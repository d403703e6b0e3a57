"""Makes requests of the HTTP library, and bounds what it reads."""

from collections.abc import AsyncIterator, Iterator, Mapping
from functools import lru_cache
from time import monotonic
from typing import Any

import httpx

from celeriac.client.errors import UnexpectedAnswer
from celeriac.client.wire.failures import lost
from celeriac.client.wire.request import EVENTS, LINES, Answer, Request

CONNECT_SECONDS = 5.0
# No answer of Celeriac is larger, unless CELERIAC_MAX_RESULT_BYTES is.
LONGEST_BODY = 1 << 28
# Without an event in them.
LONGEST_GAP = 1 << 26


class Wire:
    """The address of an API, and the headers of every request to it."""

    def __init__(self, base_url: str, headers: Mapping[str, str]) -> None:
        """The headers can contain a key."""
        self.base_url = base_url
        self._headers = dict(headers)

    def request(
        self, http: httpx.Client | httpx.AsyncClient, request: Request, seconds: float
    ) -> httpx.Request:
        """The request as the library sends it; no phase takes longer than these seconds."""
        headers = {**self._headers, **request.headers}
        if request.wait:
            headers["Prefer"] = f"wait={request.wait}"
        content: Any = request.body
        if request.body is not None and not isinstance(request.body, bytes):
            headers["Content-Length"] = str(request.body.size)
            content = request.body.parts() if isinstance(http, httpx.Client) else request.body.async_parts()
        return http.build_request(
            request.method,
            _url(self.base_url + request.path),
            headers=headers,
            content=content,
            timeout=httpx.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS)),
        )


class Reading:
    """The body of an answer, as it comes: bounded in bytes and in time."""

    def __init__(self, request: Request, base_url: str, seconds: float) -> None:
        """It has to be whole within these seconds, from now on."""
        self._request, self._base_url, self._end = request, base_url, monotonic() + seconds
        self._chunks: list[bytes] = []
        self._size = 0

    def bound(self, response: httpx.Response) -> None:
        """Have none of its parts waited for beyond the end."""
        timeouts = response.request.extensions["timeout"]
        timeouts["read"] = min(timeouts["read"], max(0.001, self._end - monotonic()))

    def add(self, chunk: bytes) -> None:
        """Take a part; raises if the answer is too large, or takes too long."""
        self._chunks.append(chunk)
        self._size += len(chunk)
        if self._size > LONGEST_BODY:
            raise UnexpectedAnswer(
                f"{self._base_url} sent an answer of more than {LONGEST_BODY:,} bytes.", status=0
            )
        if monotonic() > self._end:
            raise lost(self._request, self._base_url, "it sends too slowly")

    def answer(self, response: httpx.Response) -> Answer:
        """The whole."""
        return Answer(response.status_code, response.headers, b"".join(self._chunks))


class Gap:
    """Bounds how much a stream sends without an event."""

    def __init__(self, base_url: str) -> None:
        """The address is for the error."""
        self._base_url, self._size = base_url, 0

    def add(self, chunk: bytes) -> bytes:
        """Take a part and give it back; raises if no event was in too many."""
        self._size += len(chunk)
        if self._size > LONGEST_GAP:
            raise UnexpectedAnswer(
                f"{self._base_url} sent {LONGEST_GAP:,} bytes without an event.", status=200
            )
        return chunk

    def end(self) -> None:
        """There was an event."""
        self._size = 0


class BoundedStream(httpx.SyncByteStream):
    """The bytes of a stream, counted."""

    def __init__(self, stream: httpx.SyncByteStream, gap: Gap) -> None:
        """Close it like the stream itself."""
        self._stream, self._gap = stream, gap

    def __iter__(self) -> Iterator[bytes]:
        return map(self._gap.add, self._stream)

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()


class AsyncBoundedStream(httpx.AsyncByteStream):
    """The same, to be read with `await`."""

    def __init__(self, stream: httpx.AsyncByteStream, gap: Gap) -> None:
        """Close it like the stream itself."""
        self._stream, self._gap = stream, gap

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._stream:
            yield self._gap.add(chunk)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._stream.aclose()


def is_stream(response: httpx.Response) -> bool:
    """Whether events or lines follow."""
    kind = response.headers.get("content-type", "")
    return response.status_code == 200 and kind.startswith((EVENTS, LINES))


@lru_cache(maxsize=512)  # definitions are few, and ask for the same addresses again and again
def _url(text: str) -> httpx.URL:
    return httpx.URL(text)
