"""Parses the address of a Redis and makes connection pools for it.

`redis://`, `rediss://` (TLS), `unix://` (a socket) and `redis+sentinel://HOST:PORT,HOST:PORT/SERVICE/DATABASE`.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from redis import VERSION
from redis.asyncio import connection as asynchronous
from redis.asyncio import sentinel as asynchronous_sentinel
from redis.connection import Connection, ConnectionPool, UnixDomainSocketConnection, parse_url
from redis.sentinel import Sentinel, SentinelConnectionPool, SentinelManagedConnection

FORM = "write it as redis://HOST:PORT/DATABASE (or rediss:// for TLS)"
UNENCODED = (
    "its user or password contains a character that must be percent-encoded, as %23 for #: "
    "write the output of urllib.parse.quote(password, safe='')"
)
_SCHEMES = ("redis", "rediss", "unix", "redis+sentinel")
_USER_INFO = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:-]|%[0-9A-Fa-f]{2})*")
_HOST = r"(\[[0-9A-Fa-f:.%]+\]|[^][/:@?#,\s]*)(:(?P<port>\d{1,5}))?"
_PLACES = {
    "redis": re.compile(rf"{_HOST}(/\d*)?"),
    "rediss": re.compile(rf"{_HOST}(/\d*)?"),
    "unix": re.compile(r"/[^?#\s]+"),
    "redis+sentinel": re.compile(r"[^][/@?#,\s]+(,[^][/@?#,\s]+)*/[A-Za-z0-9._-]+(/\d*)?"),
}
_FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
_SSL = (
    *_FILES,
    "ssl_ca_path",
    "ssl_ca_data",
    "ssl_cert_reqs",
    "ssl_check_hostname",
    "ssl_password",
    "ssl_ciphers",
)
_OPTIONS = {
    "redis": ("client_name", "db", "protocol"),
    "rediss": ("client_name", "db", "protocol", *_SSL),
    "unix": ("client_name", "db", "protocol"),
    "redis+sentinel": ("client_name", "db", "protocol", "sentinel_username", "sentinel_password"),
}
_REQUIREMENTS = ("none", "optional", "required")
# Version 4 of redis-py speaks no other, and has no option for it.
_PROTOCOL = {"protocol": 2} if VERSION >= (5,) else {}
SENTINEL_SECONDS = 0.3
SENTINEL_PORT = 26379


def normal(url: str) -> str:
    """The address in the form that all parts of Celeriac accept; `ValueError` describes what is wrong, without a password."""
    scheme, separator, rest = url.partition("://")
    if scheme not in _SCHEMES or not separator:
        raise ValueError(FORM)
    user_info, at, place = rest.rpartition("@")
    if at and not _USER_INFO.fullmatch(user_info):
        raise ValueError(UNENCODED)
    place, _, query = place.partition("?")
    match = _PLACES[scheme].fullmatch(place)
    if not match or int(match.groupdict().get("port") or 0) > 65535:
        raise ValueError(FORM)
    options = _normal_options(scheme, query)
    return f"{scheme}://{user_info}{at}{place}" + (f"?{urlencode(options, safe='/')}" if options else "")


def with_password(url: str, password: str) -> str:
    """The same address with this password, unless it has one already."""
    scheme, separator, rest = url.partition("://")
    user_info, _, where = rest.rpartition("@")
    user, _, own_password = user_info.partition(":")
    return url if own_password else f"{scheme}{separator}{user}:{quote(password, safe='')}@{where}"


def shown(url: str) -> str:
    """An address, valid or not, without its secrets."""
    scheme, separator, rest = url.rpartition("://") if "://" in url else ("", "", url)
    _, at, place = rest.rpartition("@")
    hidden = f"{scheme}{separator}***@{place}" if at else url
    return re.sub(r"(password=)[^&#\s]*", r"\1***", hidden)


def database(url: str) -> int:
    """The number of its database."""
    return int(parse_url(_plain(url)).get("db", 0))


def place(url: str) -> str:
    """The same server and database as an address without credentials and options, for logs and for Celery's banner."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return "redis://localhost/" + str(database(url))
    host = parts.netloc.rpartition("@")[2].partition(",")[0] or "127.0.0.1"
    return f"redis://{host}/{database(url)}"


def pool(url: str, *, wrap: Callable[[type[Any]], type[Any]] = lambda kind: kind, **options: Any) -> Any:
    """A pool of redis-py connections; with Sentinel, each connects to the current primary."""
    arguments = {**options, **parse_url(_plain(url)), **_PROTOCOL}
    kind = arguments.pop("connection_class", Connection)
    if not _is_sentinel(url):
        if kind is UnixDomainSocketConnection:
            _without_tcp(arguments)
        return ConnectionPool(connection_class=wrap(kind), **arguments)
    sentinels, service, credentials = _sentinels(url, arguments)
    manager = Sentinel(sentinels, sentinel_kwargs=credentials)
    return SentinelConnectionPool(
        service, manager, connection_class=wrap(SentinelManagedConnection), **arguments
    )


def asynchronous_pool(url: str, **options: Any) -> Any:
    """The same for asyncio."""
    arguments = {**options, **asynchronous.parse_url(_plain(url)), **_PROTOCOL}
    if not _is_sentinel(url):
        if arguments.get("connection_class") is asynchronous.UnixDomainSocketConnection:
            _without_tcp(arguments)
        return asynchronous.ConnectionPool(**arguments)
    sentinels, service, credentials = _sentinels(url, arguments)
    manager = asynchronous_sentinel.Sentinel(sentinels, sentinel_kwargs=credentials)
    return asynchronous_sentinel.SentinelConnectionPool(service, manager, **arguments)


def _normal_options(scheme: str, query: str) -> list[tuple[str, str]]:
    options = []
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in _OPTIONS[scheme]:
            names = ", ".join(_OPTIONS[scheme])
            raise ValueError(f"its option {name!r} is not supported; known options: {names}")
        match name:
            case "protocol":
                if value not in ("2", "3"):
                    raise ValueError("its option 'protocol' must be 2 or 3")
                continue  # which of them is no matter to anybody: Celeriac speaks the older one
            case "db" if not value.isdecimal():
                raise ValueError("its option 'db' must be a number")
            case "ssl_cert_reqs":
                value = value.lower().removeprefix("cert_")  # noqa: PLW2901 - as Celery writes it
                if value not in _REQUIREMENTS:
                    raise ValueError(f"its option 'ssl_cert_reqs' must be one of {', '.join(_REQUIREMENTS)}")
            case _ if name in _FILES and not Path(value).is_file():
                raise ValueError(f"its option {name!r} names a file that does not exist: {value}")
        options.append((name, value))
    return options


def _is_sentinel(url: str) -> bool:
    return url.startswith("redis+sentinel://")


def _plain(url: str) -> str:
    """For a Sentinel's, one that redis-py reads: what comes before and after the hosts and the service."""
    if not _is_sentinel(url):
        return url
    parts = urlsplit(url)
    user_info, at, _ = parts.netloc.rpartition("@")
    number = parts.path.split("/")[2:3]
    return f"redis://{user_info}{at}localhost/{''.join(number)}" + (f"?{parts.query}" if parts.query else "")


def _sentinels(url: str, arguments: dict[str, Any]) -> tuple[list[tuple[str, int]], str, dict[str, Any]]:
    """The sentinels, the name of the service, and how to connect to the former; taken out of what was given."""
    for name in ("host", "port"):
        arguments.pop(name, None)
    credentials = {name: arguments.pop(f"sentinel_{name}", None) for name in ("username", "password")}
    timeouts = {"socket_timeout": SENTINEL_SECONDS, "socket_connect_timeout": SENTINEL_SECONDS}
    parts = urlsplit(url)
    hosts = [host.partition(":") for host in parts.netloc.rpartition("@")[2].split(",")]
    sentinels = [(host, int(port or SENTINEL_PORT)) for host, _, port in hosts]
    return sentinels, parts.path.split("/")[1], {**credentials, **timeouts, "retry": arguments.get("retry")}


def _without_tcp(arguments: dict[str, Any]) -> None:
    for name in ("socket_keepalive", "socket_keepalive_options"):
        arguments.pop(name, None)
