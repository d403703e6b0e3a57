"""Decides which API a client talks to, with which key and which HTTP client."""

import os
import re
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from celeriac.client.address import checked_address
from celeriac.client.profiles import Profile, read_profile
from celeriac.client.wire.http import Wire
from celeriac.client.wire.lanes import AsyncLanes, Lanes
from celeriac.version import VERSION

DEFAULT_URL = "http://127.0.0.1:8000"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
KEY = re.compile(r"[\x21-\x7e]+")
# All connections of `map` stay open; servers close one that nobody uses for 5 seconds.
LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=4.0)

EventHooks: TypeAlias = Mapping[str, Sequence[Callable[..., Any]]]


@dataclass(frozen=True)
class Connection:
    """The address of an API, and the key for it, which `repr` does not show."""

    base_url: str
    key: str | None = field(default=None, repr=False)

    def wire(self, headers: Mapping[str, str] | None) -> Wire:
        """What makes its requests."""
        with_key = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        return Wire(self.base_url, {**(headers or {}), **with_key})


def connection_to(
    base_url: str | httpx.URL | None,
    *,
    key: str | None,
    profile: str | None,
    http: httpx.Client | httpx.AsyncClient | None,
) -> Connection:
    """The address and the key: of the arguments, or else of the environment, or else of the default profile.

    What an argument names counts before the environment, so it is with a profile. A profile's key is for its own address alone.
    Without any address, it is this machine's port 8000.
    """
    argument = str(base_url) if base_url is not None else str(http.base_url) if http is not None else ""
    named = read_profile(profile) if profile else None
    address = argument or (named.url if named else os.environ.get("CELERIAC_URL", ""))
    secret = key or (_key_for(address, named) if named else None) or os.environ.get("CELERIAC_KEY")
    if not named and not (address and secret):
        default = read_profile()
        address = address or (default.url if default else DEFAULT_URL)
        secret = secret or (_key_for(address, default) if default else None)
    return Connection(checked_address(address), _checked_key(secret) if secret else None)


def sync_http(
    connection: Connection, transport: httpx.BaseTransport | None, event_hooks: EventHooks | None
) -> httpx.Client:
    """An HTTP client for this API."""
    if transport is None and _is_direct(connection.base_url):
        transport = Lanes(_verify(connection.base_url))
    return httpx.Client(transport=transport, **_options(event_hooks))


def async_http(
    connection: Connection, transport: httpx.AsyncBaseTransport | None, event_hooks: EventHooks | None
) -> httpx.AsyncClient:
    """The same for asyncio."""
    if transport is None and _is_direct(connection.base_url):
        transport = AsyncLanes(_verify(connection.base_url))
    return httpx.AsyncClient(transport=transport, **_options(event_hooks))


def refuse_both(http: object, **options: object) -> None:
    """`TypeError` if options for a new HTTP client come with an HTTP client of the caller's own."""
    if http is not None and (names := [name for name, value in options.items() if value is not None]):
        raise TypeError(f"Give {' and '.join(names)} to your own HTTP client: http= is used as it is.")


def _checked_key(key: str) -> str:
    """A key that can be in a header; the error does not contain it."""
    if not KEY.fullmatch(key):
        raise ValueError("The key contains a space or another character that no key has.")
    return key


def _key_for(address: str, profile: Profile) -> str | None:
    """The key of the profile, if this is its address."""
    return profile.key if address.rstrip("/") == profile.url else None


def _options(event_hooks: EventHooks | None) -> dict[str, Any]:
    return {
        "event_hooks": {kind: list(hooks) for kind, hooks in (event_hooks or {}).items()},
        "headers": {"User-Agent": f"celeriac/{VERSION}", "Accept": "application/json"},
        "limits": LIMITS,
    }


def _is_direct(base_url: str) -> bool:
    """Whether no proxy of the environment is between; none is for requests to this machine itself."""
    parts = urlsplit(base_url)
    return parts.hostname in LOOPBACK or not getproxies() or bool(proxy_bypass(parts.netloc))


def _verify(base_url: str) -> ssl.SSLContext | Literal[False]:
    """How the certificate is checked; without TLS there is none, and reading the authorities' would take a while."""
    return httpx.create_ssl_context() if base_url.startswith("https:") else False
