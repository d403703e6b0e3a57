"""Sends commands to Redis from a thread that no event loop knows.

redis-py imports, locks and logs on its way, and all that belongs to the event loop where gevent or eventlet is. They replace Python's
module `socket`, and what TLS does with it, but not the one below it.
"""

import _socket
import encodings.idna  # noqa: F401 - a host name needs it, and the thread imports nothing
import ssl
from typing import Any

from hiredis import ProtocolError, Reader, pack_command
from redis.exceptions import NoPermissionError, NoScriptError, RedisError, ResponseError
from redis.sentinel import SentinelConnectionPool

from celeriac.ledger.store.blocking_connection import PatientConnection
from celeriac.ledger.store.functions import has_another_way
from celeriac.ledger.store.refusal import refusal_of
from celeriac.values.addresses.redis_address import pool

TIMEOUT_SECONDS = 5.0
CHUNK = 65_536


class PlainConnection(PatientConnection):
    """One connection, for one thread. It tries a command once: who sends heartbeats sends another soon."""

    def __init__(self, url: str) -> None:
        """Nothing is sent yet. Made before the thread is, for this may import."""
        super().__init__(url)
        self._pool = pool(url)
        self._stream: _Stream | None = None

    def call(self, *command: Any) -> Any:
        """The command's answer. Raises `OSError` and `RedisError`."""
        try:
            stream = self._stream or self._connected()
            answer = stream.ask(command)
        except (OSError, ProtocolError) as lost:
            self._stream = None
            raise OSError(str(lost)) from lost
        if isinstance(answer, Exception):
            refusal = refusal_of(answer)
            if refusal and not has_another_way(command, refusal.code):
                self._stream = None
            raise answer
        return answer

    def _connected(self) -> "_Stream":
        options = self._pool.connection_kwargs
        if isinstance(self._pool, SentinelConnectionPool):
            stream = self._to(self._primary(options), options)
        elif "path" in options:
            stream = _Stream(_connect(_socket.AF_UNIX, options["path"]))
        else:
            stream = self._to((options.get("host", "localhost"), options.get("port", 6379)), options)
        _greet(stream, options)
        self._stream = stream
        return stream

    def _to(self, place: tuple[str, int], options: dict[str, Any]) -> "_Stream":
        raw = _to_host(*place)
        context = _context(options) if "SSL" in self._pool.connection_class.__name__ else None
        return _Stream(_Tunnel(raw, context, place[0]) if context else raw)

    def _primary(self, options: dict[str, Any]) -> tuple[str, int]:
        """What the first sentinel that answers calls the primary."""
        for sentinel in self._pool.sentinel_manager.sentinels:
            place = sentinel.connection_pool.connection_kwargs
            try:
                stream = self._to((place["host"], place["port"]), place)
                _greet(stream, {**place, "db": 0})
                answer = stream.ask(("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self._pool.service_name))
            except (OSError, RedisError):
                continue
            if isinstance(answer, list):
                return answer[0].decode(), int(answer[1])
        raise OSError(f"no sentinel knows a primary for {self._pool.service_name!r}")


def _to_host(host: str, port: int) -> _socket.socket:
    """A socket that is connected to the first address of a host that answers."""
    refusal = OSError(f"{host!r} has no address")
    for family, _, _, _, address in _socket.getaddrinfo(host, port, 0, _socket.SOCK_STREAM):
        try:
            return _connect(family, address)
        except OSError as error:
            refusal = error
    raise refusal


def _connect(family: int, address: Any) -> _socket.socket:
    raw = _socket.socket(family, _socket.SOCK_STREAM)
    raw.settimeout(TIMEOUT_SECONDS)
    raw.connect(address)
    return raw


class _Stream:
    """Commands and answers over one socket."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self._reader = Reader(protocolError=ProtocolError, replyError=_error)

    def ask(self, command: tuple[Any, ...]) -> Any:
        self._raw.sendall(pack_command(command))
        while (answer := self._reader.gets()) is False:
            chunk = self._raw.recv(CHUNK)
            if not chunk:
                raise OSError("the connection was closed")
            self._reader.feed(chunk)
        return answer


class _Tunnel:
    """TLS over a socket that does not know it."""

    def __init__(self, raw: Any, context: ssl.SSLContext, host: str) -> None:
        self._raw, self._in, self._out = raw, ssl.MemoryBIO(), ssl.MemoryBIO()
        self._object = context.wrap_bio(self._in, self._out, server_hostname=host)
        self._go(self._object.do_handshake)

    def sendall(self, data: bytes) -> None:
        self._go(self._object.write, data)

    def recv(self, size: int) -> bytes:
        data: bytes = self._go(self._object.read, size)
        return data

    def _go(self, step: Any, *arguments: Any) -> Any:
        while True:
            try:
                answer = step(*arguments)
            except ssl.SSLWantReadError:
                self._flush()
                chunk = self._raw.recv(CHUNK)
                if chunk:
                    self._in.write(chunk)
                else:
                    self._in.write_eof()
                continue
            self._flush()
            return answer

    def _flush(self) -> None:
        if data := self._out.read():
            self._raw.sendall(data)


def _greet(stream: _Stream, options: dict[str, Any]) -> None:
    """What a connection begins with. `options` are those of redis-py."""
    user, password = options.get("username"), options.get("password")
    commands: list[tuple[Any, ...]] = []
    if password:
        commands.append(("AUTH", user, password) if user else ("AUTH", password))
    if options.get("db"):
        commands.append(("SELECT", options["db"]))
    for command in commands:
        answer = stream.ask(command)
        if isinstance(answer, Exception):
            raise answer


def _context(options: dict[str, Any]) -> ssl.SSLContext:
    context = ssl.create_default_context(
        cafile=options.get("ssl_ca_certs"), capath=options.get("ssl_ca_path")
    )
    needs = options.get("ssl_cert_reqs", "required")
    context.check_hostname = bool(options.get("ssl_check_hostname", needs == "required"))
    if needs in ("none", ssl.CERT_NONE):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if options.get("ssl_certfile"):
        context.load_cert_chain(
            options["ssl_certfile"], options.get("ssl_keyfile"), options.get("ssl_password")
        )
    return context


def _error(text: str) -> ResponseError:
    """As redis-py names them, as far as anybody asks."""
    code, _, rest = text.partition(" ")
    if code == "NOSCRIPT":
        return NoScriptError(rest)
    if code == "NOPERM":
        return NoPermissionError(text)
    return ResponseError(rest if code == "ERR" else text)
