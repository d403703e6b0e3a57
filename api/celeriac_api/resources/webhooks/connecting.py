"""Connects to the targets of webhooks: to addresses that were checked, and to no other.

A name is resolved once for a connection, all of its addresses are checked, and the connection is made to one of these. So a name whose
addresses change between two look-ups gains nothing, and neither do proxies from the environment, which httpcore does not use.
"""

import asyncio
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import Any

import httpcore

from celeriac.values.addresses.public_address import Address, Network, literal_address, refusal_of

# One that is slow must not keep the others waiting.
LOOKUPS_AT_ONCE = 32
MOST_ADDRESSES = 16


class TargetRefused(Exception):
    """Nothing is sent to this host; the text is the reason."""


class Resolver:
    """Looks up names in threads of its own, each name once at a time."""

    def __init__(self) -> None:
        """No thread is started yet."""
        self._threads = ThreadPoolExecutor(LOOKUPS_AT_ONCE, thread_name_prefix="webhook-dns")
        self._open: dict[tuple[str, int], asyncio.Future[list[Address]]] = {}

    async def addresses(self, host: str, port: int) -> list[Address]:
        """All addresses of this host; `OSError` if there is none."""
        if literal := literal_address(host):
            return [literal]
        key = (host, port)
        if key not in self._open:
            loop = asyncio.get_running_loop()
            self._open[key] = lookup = loop.run_in_executor(self._threads, _look_up, host, port)
            lookup.add_done_callback(lambda _: self._open.pop(key, None))
        return await asyncio.shield(self._open[key])

    def close(self) -> None:
        """Start no further look-up."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """What httpcore connects with. The host of a request stays that of TLS and of the header `Host`."""

    def __init__(self, resolver: Resolver, allowed: Iterable[Network]) -> None:
        """Addresses in the `allowed` networks need not be public."""
        self._resolver, self._allowed = resolver, tuple(allowed)
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - as httpcore calls it
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to the first of the host's addresses that takes one; `TargetRefused` unless all of them are allowed."""
        try:
            async with asyncio.timeout(timeout):
                return await self._connect(host, port)
        except TimeoutError as late:
            raise httpcore.ConnectTimeout(f"no connection to {host} within {timeout:g} s") from late

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - likewise
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Never."""
        raise TargetRefused("a socket in the file system is not a target")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    async def _connect(self, host: str, port: int) -> httpcore.AsyncNetworkStream:
        try:
            addresses = await self._resolver.addresses(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"the host {host} has no address: {error}") from error
        for address in addresses:
            if kind := refusal_of(address, self._allowed):
                raise TargetRefused(f"the host {host} has the address {address}, which is {kind}")
        for number, address in enumerate(addresses, 1):
            try:
                stream = await self._network.connect_tcp(str(address), port)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                if number == len(addresses):
                    raise httpcore.ConnectError(f"no connection to {address}: {error}") from error
                continue
            if _peer(stream) == address:
                return stream
            await stream.aclose()
            raise TargetRefused(f"the connection to {address} leads elsewhere")
        raise httpcore.ConnectError(f"the host {host} has no address")


def _look_up(host: str, port: int) -> list[Address]:
    """Each address once, in the order in which they are to be tried."""
    places = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return list(dict.fromkeys(ip_address(place[0]) for *_, place in places))[:MOST_ADDRESSES]


def _peer(stream: httpcore.AsyncNetworkStream) -> Address:
    return ip_address(stream.get_extra_info("server_addr")[0])
