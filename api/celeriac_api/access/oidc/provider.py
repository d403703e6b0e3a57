"""The keys that an identity provider publishes, kept in memory and read again in time.

They are read every 10 minutes, and for a token whose key is unknown, but at most every 5 seconds. While the provider is away, the
known keys stay valid for an hour. Whoever has a known key waits for no download.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from celeriac.values.addresses.web_address import is_safe
from celeriac_api.access.oidc.download import DownloadFailed, download_json
from celeriac_api.access.oidc.published_keys import PublishedKey, published_keys
from celeriac_api.access.shared_run import SharedRun
from celeriac_api.response.errors import ProviderUnavailable

DISCOVERY = "/.well-known/openid-configuration"
REFRESH_SECONDS = 600.0
# Between two downloads, however many tokens with unknown keys come.
PAUSE_SECONDS = 5.0
BELIEVED_SECONDS = 3_600.0
NEVER = float("-inf")

logger = logging.getLogger(__name__)


class Provider:
    """The published keys of one issuer."""

    def __init__(self, issuer: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` is in seconds, and never set back. Nothing is downloaded yet."""
        self.issuer = issuer
        self._clock = clock
        self._client: httpx.AsyncClient | None = None
        self._keys: dict[str, PublishedKey] = {}
        # When the last download began, and when the last one began that succeeded.
        self._began_at, self._read_at = NEVER, NEVER
        self._downloading = SharedRun(self._download)
        self._failure: str | None = None
        # Raised with each change of the keys: what was concluded from earlier ones is void.
        self.version = 0

    @property
    def is_known(self) -> bool:
        """Whether the keys are recent enough to be believed."""
        return self._clock() < self._read_at + BELIEVED_SECONDS

    async def find(self, kid: str) -> PublishedKey | None:
        """The key of this id, or None; `ProviderUnavailable` where that is not known. A sole key needs no id."""
        if not self.is_known or self._key(kid) is None:
            await self._look_again()
        key = self._key(kid)
        if not self.is_known or (key is None and self._failure is not None):
            raise _unavailable()
        return key

    async def keep(self) -> None:
        """Read the keys every 10 minutes, and after a failure sooner, until cancelled."""
        while True:
            await self._downloading.join()
            await asyncio.sleep(REFRESH_SECONDS if self._failure is None else PAUSE_SECONDS)

    async def close(self) -> None:
        """Close the connections to the provider."""
        if self._client is not None:
            await self._client.aclose()

    def _key(self, kid: str) -> PublishedKey | None:
        if not kid and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(kid)

    async def _look_again(self) -> None:
        if self._downloading.is_going_on or self._clock() >= self._began_at + PAUSE_SECONDS:
            await self._downloading.join()

    async def _download(self) -> None:
        began = self._began_at = self._clock()
        try:
            keys = await self._read()
        except DownloadFailed as failure:
            if self._failure is None:
                logger.warning(
                    "the keys of the identity provider cannot be read, known keys stay valid for an hour: %s",
                    failure,
                )
            self._failure = str(failure)
            return
        self._failure, self._read_at = None, began
        if keys != self._keys:
            self._keys = keys
            self.version += 1
            logger.info("the identity provider %s publishes %d keys", self.issuer, len(keys))

    async def _read(self) -> dict[str, PublishedKey]:
        if self._client is None:
            # To load the certificates takes longer than a request may wait.
            self._client = await asyncio.to_thread(httpx.AsyncClient)
        address = self.issuer.rstrip("/") + DISCOVERY
        jwks_uri = _jwks_uri(await download_json(self._client, address), address, self.issuer)
        document = await download_json(self._client, jwks_uri)
        try:
            return published_keys(document)
        except ValueError as wrong:
            raise DownloadFailed(f"{jwks_uri} {wrong}") from wrong


def _unavailable() -> ProviderUnavailable:
    return ProviderUnavailable(
        "The keys of the identity provider cannot be read, so this token cannot be checked. Try again in a few seconds.",
        headers={"Retry-After": f"{PAUSE_SECONDS:.0f}"},
    )


def _jwks_uri(document: Any, address: str, issuer: str) -> str:
    """OpenID Connect Discovery §4.3: the document has to be that of this issuer, to the letter."""
    if not isinstance(document, Mapping) or document.get("issuer") != issuer:
        name = document.get("issuer") if isinstance(document, Mapping) else None
        raise DownloadFailed(
            f"{address} describes the issuer {str(name)[:200]!r}, and CELERIAC_OIDC_ISSUER is {issuer!r}; they must be equal"
        )
    uri = document.get("jwks_uri")
    if not isinstance(uri, str) or not is_safe(uri):
        raise DownloadFailed(f"{address} has no jwks_uri that begins with https://")
    return uri
