"""Downloads a small JSON document, within bounds of time and size."""

import asyncio
import json
from typing import Any

import httpx

SECONDS = 5.0
LARGEST_BYTES = 524_288


class DownloadFailed(Exception):
    """There is no document. The text contains the address and the reason."""


async def download_json(client: httpx.AsyncClient, url: str) -> Any:
    """The JSON at this address. No redirect is followed: the provider names its addresses itself."""
    try:
        async with asyncio.timeout(SECONDS), client.stream("GET", url) as response:
            if response.status_code != 200:
                raise DownloadFailed(f"{url} answers {response.status_code}")
            return json.loads(await _body(response, url))
    except TimeoutError:
        raise DownloadFailed(f"{url} did not answer within {SECONDS:.0f} s") from None
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        raise DownloadFailed(f"{url} cannot be read: {str(error) or type(error).__name__}") from error
    except (ValueError, RecursionError) as error:
        raise DownloadFailed(f"{url} does not contain valid JSON") from error


async def _body(response: httpx.Response, url: str) -> bytes:
    body = bytearray()
    async for part in response.aiter_bytes():
        body += part
        if len(body) > LARGEST_BYTES:
            raise DownloadFailed(f"{url} is larger than {LARGEST_BYTES} bytes")
    return bytes(body)
