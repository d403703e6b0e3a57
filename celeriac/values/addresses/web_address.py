"""Judges addresses: which hosts are this machine, and which URLs are safe from eavesdroppers."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

# Names that stand for this machine, or for a client in this process.
LOCAL_NAMES = frozenset({"localhost", "testserver"})


@lru_cache(maxsize=256)
def is_loopback(host: str) -> bool:
    """Whether this host is this machine, for itself alone."""
    try:
        address = ip_address(host)
    except ValueError:
        return host in LOCAL_NAMES
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def is_safe(url: str) -> bool:
    """Whether this is the URL of an HTTPS server, or of a server on this machine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or not url.isascii() or not url.isprintable() or " " in url:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
