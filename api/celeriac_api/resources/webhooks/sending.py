"""Sends one webhook: a POST, bounded in time and in what is read.

No redirect is followed, no cookie is kept, no proxy is used, and certificates are verified.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import httpcore
import httpx

from celeriac.values.addresses.public_address import Network
from celeriac.values.addresses.webhook_url import WebhookURL
from celeriac.values.short_text import shortened
from celeriac.version import VERSION
from celeriac_api.resources.webhooks.connecting import CheckedNetwork, Resolver, TargetRefused

MOST_READ_BYTES = 4_096
KEPT_CONNECTIONS, KEPT_SECONDS = 20, 5.0
LONGEST_ERROR = 300
_DEFAULT_PORTS = {("http", 80), ("https", 443)}


class Outcome(NamedTuple):
    """What came of an attempt: the status of the answer, if there was one, and what went wrong, if anything did.

    `is_final` where another attempt would be of no use.
    """

    seconds: float
    status: int | None
    error: str | None
    is_final: bool = False


class Sender:
    """Sends to any number of hosts at once; connections are kept for a few seconds."""

    def __init__(self, *, allowed: Iterable[Network], timeout: float) -> None:
        """Nothing is connected yet. An attempt takes at most `timeout` seconds."""
        self._timeout = timeout
        self._resolver = Resolver()
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            max_connections=None,
            max_keepalive_connections=KEPT_CONNECTIONS,
            keepalive_expiry=KEPT_SECONDS,
            network_backend=CheckedNetwork(self._resolver, allowed),
        )

    async def send(self, url: WebhookURL, headers: Mapping[str, str], body: bytes) -> Outcome:
        """One attempt, whatever happens."""
        start = time.monotonic()
        status, error, is_final = None, None, False
        try:
            async with asyncio.timeout(self._timeout):
                status = await self._post(url, headers, body)
        except TargetRefused as refused:
            error, is_final = str(refused), True
        except (TimeoutError, httpcore.TimeoutException) as late:
            error = str(late) or f"no answer within {self._timeout:g} s"
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as failed:
            error = str(failed) or type(failed).__name__
        if status is not None:
            error = _error_of(status)
        return Outcome(
            time.monotonic() - start,
            status,
            error and shortened(error, LONGEST_ERROR),
            is_final or status == 410,
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.aclose()
        self._resolver.close()

    async def _post(self, url: WebhookURL, headers: Mapping[str, str], body: bytes) -> int:
        """The status; a part of the answer is read, so that the connection can be used again after a short one."""
        target = httpcore.URL(
            scheme=url.scheme.encode(), host=url.host.encode(), port=url.port, target=url.target.encode()
        )
        seconds = dict.fromkeys(("connect", "read", "write", "pool"), self._timeout)
        async with self._pool.stream(
            "POST",
            target,
            headers=_headers(url, headers, body),
            content=body,
            extensions={"timeout": seconds},
        ) as response:
            size = 0
            async for chunk in response.aiter_stream():
                size += len(chunk)
                if size > MOST_READ_BYTES:
                    break
            return int(response.status)


def _headers(url: WebhookURL, headers: Mapping[str, str], body: bytes) -> list[tuple[str, str]]:
    host = f"[{url.host}]" if ":" in url.host else url.host
    return [
        ("Host", host if (url.scheme, url.port) in _DEFAULT_PORTS else f"{host}:{url.port}"),
        ("User-Agent", f"Celeriac/{VERSION}"),
        ("Accept", "*/*"),
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        *headers.items(),
    ]


def _error_of(status: int) -> str | None:
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return f"the receiver answered {status}, and redirects are not followed"
    return f"the receiver answered {status}"
