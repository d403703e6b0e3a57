"""Reads the keys at the start of the API, and refuses one without any."""

import asyncio
import logging
import os
import socket
from collections.abc import Sequence
from contextlib import suppress

from redis.exceptions import RedisError

from celeriac.access.key_file import read_key_file
from celeriac.ledger.store.connection import InDoubt, Unavailable
from celeriac.ledger.tables.keys import NO_VERSION, KeyTable
from celeriac.settings import Settings, SettingsError
from celeriac.values.addresses.web_address import is_loopback
from celeriac_api.access.authenticate import WAYS
from celeriac_api.access.key_ring import KeyRing

# So long the start waits for Redis; who calls before the keys are known is answered 503.
PATIENCE_SECONDS = 0.5

logger = logging.getLogger(__name__)


class NoKey(SettingsError):
    """The API would listen where others reach it, and let everybody in."""


async def read_keys_at_start(ring: KeyRing, *, open_everywhere: bool) -> None:
    """Read the keys before the first request, if Redis answers soon; the log tells where everybody is let in."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await ring.refresh()
    except TimeoutError:
        return
    if ring.is_closed or not ring.is_read:
        return
    if open_everywhere:
        logger.warning("no key exists and CELERIAC_OPEN=true: everybody who reaches this API has all rights")
    else:
        logger.info("no key exists: this API serves only this machine; %s", WAYS)


def require_key(settings: Settings, options: Sequence[str]) -> None:
    """`NoKey` where these settings and uvicorn's options name an address that others reach, and there is no key.

    While Redis is away nobody knows, and nobody is let in either.
    """
    host = _host(settings, options)
    if settings.open or host is None or is_loopback(host) or settings.oidc_issuer is not None:
        return
    if settings.keys_file is not None:
        read_key_file(settings.keys_file)
        return
    if asyncio.run(_was_never_keyed(settings.backend)):
        raise NoKey(
            f"It would listen on {host}, where others can reach it, but no key exists yet: {WAYS}. Without either, it can serve "
            "only this machine (CELERIAC_HOST=127.0.0.1)."
        )


def _host(settings: Settings, options: Sequence[str]) -> str | None:
    """The address on which uvicorn will listen; None where that is a socket without one."""
    host: str | None = settings.host
    for option, following in zip(options, (*options, "")[1:], strict=True):
        name, _, value = option.partition("=")
        if name == "--host":
            host = value or following
        if name == "--fd":
            return _address(value or following)
        if name == "--uds":
            return None
    return host


def _address(file: str) -> str | None:
    """That of an open socket which is reached through a network."""
    with suppress(ValueError, OSError), socket.socket(fileno=os.dup(int(file))) as listener:
        if listener.family in {socket.AF_INET, socket.AF_INET6}:
            address: str = listener.getsockname()[0]
            return address
    return None


async def _was_never_keyed(backend: str) -> bool:
    table = KeyTable(backend)
    try:
        return (await table.read()).version == NO_VERSION
    except (Unavailable, InDoubt, RedisError):
        return False
    finally:
        await table.close()
