"""One thing that a hostile client tries, and what it may come to."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from redis import Redis

UUID = "6f1e0c57-8a0d-4b7e-9c21-5d0b7e3f4a10"
JSON = "Content-Type: application/json"
GOOD = b'{"x":4,"y":5}'
# A connection that is closed without an answer.
CUT = 0
REFUSED = frozenset({400, 401, 403, 404, 405, 409, 410, 413, 414, 415, 422, 431})

Preparation = Callable[[Redis, str], object]


@dataclass(frozen=True, kw_only=True)
class Case:
    """`request` is the bytes, with `{mine}` for the id of the caller's own queued task and `{key:NAME}` for a key's secret."""

    group: str
    name: str
    request: bytes
    allowed: Collection[int]
    # Whether nothing more follows, which the server is told: a request that may have no end.
    half_closes: bool = False
    # What no answer contains.
    must_not_contain: bytes = b""
    # Of the record and the result of `{mine}`, by a program that writes to Redis.
    prepare: Preparation | None = None


def cases(
    group: str, requests: Mapping[str, bytes], allowed: Collection[int], *, half_closes: bool = False
) -> list[Case]:
    """One for each of these, by name."""
    return [
        Case(group=group, name=name, request=request, allowed=allowed, half_closes=half_closes)
        for name, request in requests.items()
    ]


def ask(
    method: str,
    target: str,
    *headers: str,
    body: bytes | None = None,
    key: str | None = None,
    sized: bool = True,
) -> bytes:
    """A request that asks the server to close afterwards; `key` names whose secret it has."""
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", "Connection: close", *headers]
    if key is not None:
        lines.append(f"Authorization: Bearer {{key:{key}}}")
    if body is not None and sized:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b"")


def post(path: str, *headers: str, body: bytes = GOOD, key: str | None = "admin") -> bytes:
    """A submission in JSON."""
    return ask("POST", path, JSON, *headers, body=body, key=key)
