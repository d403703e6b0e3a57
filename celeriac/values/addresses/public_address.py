"""Judges IP addresses: which are public, and which network a special one is in.

Sources: the IANA IPv4 and IPv6 Special-Purpose Address Registries. Python's `is_global` and `is_private` miss several of these.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_SPECIAL_4 = {
    "0.0.0.0/8": "unspecified",
    "10.0.0.0/8": "private",
    "100.64.0.0/10": "shared by a carrier",
    "127.0.0.0/8": "loopback",
    # The agent of Azure's machines has a public address.
    "168.63.129.16/32": "a cloud's own",
    "169.254.0.0/16": "link-local",
    "172.16.0.0/12": "private",
    "192.0.0.0/24": "reserved",
    "192.0.2.0/24": "for documentation",
    "192.88.99.0/24": "a relay",
    "192.168.0.0/16": "private",
    "198.18.0.0/15": "for benchmarks",
    "198.51.100.0/24": "for documentation",
    "203.0.113.0/24": "for documentation",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved",
}
# What is not in `PUBLIC_6` is not public; this has a name.
_SPECIAL_6 = {
    "::/128": "unspecified",
    "::1/128": "loopback",
    "::ffff:0:0/96": "an IPv4 address in another form",
    "::/96": "an IPv4 address in another form",
    "::ffff:0:0:0/96": "an IPv4 address in another form",
    "64:ff9b::/96": "an IPv4 address in another form",
    "64:ff9b:1::/48": "an IPv4 address in another form",
    "2001::/32": "an IPv4 address in another form",
    "2002::/16": "an IPv4 address in another form",
    "2001::/23": "reserved",
    "2001:db8::/32": "for documentation",
    "3fff::/20": "for documentation",
    "fc00::/7": "private",
    "fec0::/10": "private",
    "fe80::/10": "link-local",
    "ff00::/8": "multicast",
}
_NETWORKS_4 = [(IPv4Network(network), kind) for network, kind in _SPECIAL_4.items()]
_NETWORKS_6 = [(IPv6Network(network), kind) for network, kind in _SPECIAL_6.items()]
_PUBLIC_6 = IPv6Network("2000::/3")
# The upper half of the interface's part of an ISATAP address (RFC 5214), but for two bits; the lower half is an IPv4 address.
_ISATAP, _ISATAP_MASK = 0x00005EFE, 0xFCFFFFFF


def networks_of(text: str | None) -> tuple[Network, ...]:
    """The networks in a list with commas (`10.1.0.0/16,fd00::/8`, or single addresses); `ValueError` if one is not written exactly."""
    return tuple(ip_network(part.strip()) for part in text.split(",")) if text else ()


def refusal_of(address: Address, allowed: Iterable[Network] = ()) -> str | None:
    """What kind of address this is, if it is neither public nor in one of the `allowed` networks."""
    if any(address in network for network in allowed if network.version == address.version):
        return None
    if isinstance(address, IPv4Address):
        return next((kind for network, kind in _NETWORKS_4 if address in network), None)
    if address.scope_id is not None:
        return "link-local"
    if kind := next((kind for network, kind in _NETWORKS_6 if address in network), None):
        return kind
    if int(address) >> 32 & _ISATAP_MASK == _ISATAP:
        return "an IPv4 address in another form"
    return None if address in _PUBLIC_6 else "reserved"


def literal_address(host: str) -> Address | None:
    """The address that this host is, in its usual form; None if it is not one."""
    try:
        return ip_address(host)
    except ValueError:
        return None
