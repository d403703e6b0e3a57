"""Finds the Redis servers of a Celery app, in the form of our own settings."""

import ssl
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from celeriac.values.addresses.redis_address import normal

# Options of an address that a connection of ours has, too; Celery has many more.
_OPTIONS = (
    "client_name",
    "ssl_ca_certs",
    "ssl_certfile",
    "ssl_keyfile",
    "ssl_cert_reqs",
    "ssl_check_hostname",
)
_REQUIREMENTS = {ssl.CERT_NONE: "none", ssl.CERT_OPTIONAL: "optional", ssl.CERT_REQUIRED: "required"}
_SOCKETS = ("redis+socket", "socket", "unix")


class NotRedis(Exception):
    """The app's broker is not Redis; the text says which it is."""


def broker_address(app: Any) -> str:
    """The address of the Redis that holds the app's queues. Raises `NotRedis`."""
    url = app.connection_for_write().as_uri(include_password=True)
    first = url.partition(";")[0]
    address = address_of(
        url, use_ssl=app.conf.broker_use_ssl, options=app.conf.broker_transport_options or {}
    )
    if address is None:
        raise NotRedis(
            f"The broker of the app is {first.partition('://')[0]!r}: celeriac.install needs a broker that is Redis or Valkey."
        )
    return address


def backend_address(app: Any) -> str | None:
    """The address of the Redis that holds the app's results; None if they are elsewhere, or nowhere."""
    url = app.conf.result_backend
    if not isinstance(url, str):
        return None
    return address_of(
        url,
        use_ssl=app.conf.redis_backend_use_ssl,
        options=app.conf.result_backend_transport_options or {},
    )


def address_of(url: str, *, use_ssl: Any = None, options: Mapping[str, Any] | None = None) -> str | None:
    """The address in our own form of what Celery calls by this one; None if it is not a Redis. Raises `ValueError` as `normal` does."""
    urls = [part for part in url.split(";") if part]
    scheme = urlsplit(urls[0]).scheme if urls else ""
    if scheme.startswith("sentinel"):
        return normal(_of_sentinels(urls, options or {}))
    if scheme in _SOCKETS:
        return normal(_of_socket(urls[0]))
    if scheme not in ("redis", "rediss"):
        return None
    return normal(_of_server(urls[0], use_ssl))


def _of_server(url: str, use_ssl: Any) -> str:
    parts = urlsplit(url)
    chosen = dict(_ssl_options(use_ssl)) if isinstance(use_ssl, Mapping) else {}
    query = {name: value for name, value in parse_qsl(parts.query) if name in _OPTIONS}
    database = parts.path.strip("/") or query.get("virtual_host", "")
    scheme = "rediss" if use_ssl or parts.scheme == "rediss" else "redis"
    return _joined(f"{scheme}://{parts.netloc}/{database}", {**chosen, **query} if scheme == "rediss" else {})


def _of_socket(url: str) -> str:
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    path = unquote(parts.path if parts.path.strip("/") else f"/{parts.netloc.rpartition('@')[2]}")
    credentials = parts.netloc.rpartition("@")[0]
    if "password" in query:
        credentials = f"{query.get('username', '')}:{quote(query['password'], safe='')}"
    database = query.get("virtual_host") or query.get("db") or "0"
    return _joined(f"unix://{credentials}{'@' if credentials else ''}{path}", {"db": database.strip("/")})


def _of_sentinels(urls: list[str], options: Mapping[str, Any]) -> str:
    parts = [urlsplit(url) for url in urls]
    hosts = ",".join(part.netloc.rpartition("@")[2] for part in parts)
    credentials = next((part.netloc.rpartition("@")[0] for part in parts if "@" in part.netloc), "")
    service = options.get("master_name") or "mymaster"
    database = parts[0].path.strip("/") or "0"
    sentinel = options.get("sentinel_kwargs") or {}
    query = {
        f"sentinel_{name}": sentinel[name]
        for name in ("username", "password")
        if sentinel.get(name) is not None
    }
    return _joined(
        f"redis+sentinel://{credentials}{'@' if credentials else ''}{hosts}/{service}/{database}", query
    )


def _ssl_options(use_ssl: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in use_ssl.items():
        if name == "ssl_cert_reqs":
            yield name, _REQUIREMENTS.get(value, str(value))
        elif name in _OPTIONS and value is not None:
            yield name, str(value)


def _joined(address: str, query: Mapping[str, Any]) -> str:
    return address + (f"?{urlencode(query)}" if query else "")
