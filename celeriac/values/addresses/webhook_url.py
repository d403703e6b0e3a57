"""Reads the URL of a webhook, and refuses what its text shows to be wrong.

Strict on purpose: what two parsers could read differently is not read at all.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from celeriac.values.addresses.public_address import Network, literal_address, refusal_of

LONGEST_URL = 2_000
_PORTS = {"http": 80, "https": 443}
# Ports from 1024 on that other protocols have, which browsers refuse too (https://fetch.spec.whatwg.org/#port-blocking).
_BAD_PORTS = frozenset({1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6379, 6566, *range(6665, 6670), 6679, 6697, 10080})  # fmt: skip
_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<target>(/[^?#]*)?(\?[^#]*)?)(?P<fragment>#.*)?"
)
_AUTHORITY = re.compile(r"(\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(:(?P<port>[0-9]{1,5}))?")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
# A host that ends like this is a number to parsers of URLs (https://url.spec.whatwg.org/#ends-in-a-number-checker).
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_LOCAL = ("localhost", "local", "internal", "intranet", "lan", "home.arpa", "onion", "invalid", "test")


class WebhookURL(NamedTuple):
    """Where a webhook is sent. `host` is a name in lower case, or an address without brackets; `target` is path and query."""

    scheme: str
    host: str
    port: int
    target: str


def webhook_url(text: str) -> WebhookURL:
    """The parts of this URL; `ValueError` goes on from its name: "should …"."""
    if len(text) > LONGEST_URL:
        raise ValueError(f"should have at most {LONGEST_URL} characters")
    if not text.isascii() or not text.isprintable() or any(character in text for character in ' \\"<>^`{|}'):
        raise ValueError(
            "should consist of printable ASCII characters: write other ones as %XX, and in a host as xn--"
        )
    if not (url := _URL.fullmatch(text)):
        raise ValueError("should be a URL: https://example.com/path")
    scheme = url["scheme"].lower()
    if scheme not in _PORTS:
        raise ValueError("should begin with https:// or http://")
    if "@" in url["authority"]:
        raise ValueError("should have no user or password: a receiver checks the signature")
    if url["fragment"]:
        raise ValueError("should have no fragment (#)")
    if not (authority := _AUTHORITY.fullmatch(url["authority"])):
        raise ValueError("should have a host that is a name or an address, and perhaps a port")
    port = int(authority["port"] or _PORTS[scheme])
    if not (port in _PORTS.values() or 1024 <= port <= 65535) or port in _BAD_PORTS:
        raise ValueError("should have the port 80 or 443, or one from 1024 on that no other protocol has")
    target = url["target"] if url["target"].startswith("/") else "/" + url["target"]
    return WebhookURL(scheme, _host(authority["six"], authority["name"]), port, target)


def refusal_of_host(host: str, allowed: Iterable[Network]) -> str | None:
    """Why nothing is sent to this host, as far as its text shows: "should …"."""
    allowed = tuple(allowed)
    address = literal_address(host)
    if address is not None:
        kind = refusal_of(address, allowed)
        return f"should have a public address: {host} is {kind}" if kind else None
    is_local = any(host == name or host.endswith("." + name) for name in _LOCAL) or "." not in host
    if is_local and not allowed:
        return f"should have a public host: {host} is a name of a local network"
    return None


def _host(six: str | None, name: str) -> str:
    if six is not None:
        address = literal_address(six)
        if address is None:
            raise ValueError("should have a valid IPv6 address in its brackets")
        return str(address)
    host = name.lower()
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        address = literal_address(host)
        if address is None or str(address) != host:
            raise ValueError("should have an IPv4 address of four decimal numbers")
        return host
    if len(host) > 253 or not all(map(_LABEL.fullmatch, labels)):
        raise ValueError("should have a valid host name")
    return host
