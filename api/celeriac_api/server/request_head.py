"""Checks a request's head before any route: its size, host and repeated headers."""

from collections import Counter
from itertools import chain

from starlette.types import Scope

from celeriac_api.request.body import invalid_input
from celeriac_api.request.fields import read_fields
from celeriac_api.response.errors import HeadersTooLarge, InvalidHost, Problem, TargetTooLong

LONGEST_TARGET = 8_192
LARGEST_HEADERS = 65_536
# Headers of which a request has one; with two, which one counts would be a guess.
SINGLE = {
    name.lower().encode(): name
    for name in ("Authorization", "Content-Encoding", "Content-Type", "Idempotency-Key", "Last-Event-ID")
}


def refusal(scope: Scope) -> Problem | None:
    """The problem with this request's head, or None; its fields are then read."""
    headers, fields = scope["headers"], read_fields(scope)
    if len(scope.get("raw_path") or scope["path"]) + len(scope["query_string"]) > LONGEST_TARGET:
        return TargetTooLong(
            f"The path and query are longer than {LONGEST_TARGET} bytes together: shorten them."
        )
    if len(fields) < len(headers):
        return _refusal_of_doubled(headers, needs_host=scope["http_version"] != "1.0")
    if len(b"".join([*fields, *fields.values()])) > LARGEST_HEADERS:
        return _too_large()
    if b"host" not in fields and scope["http_version"] != "1.0":
        return _without_host()
    return None


def _refusal_of_doubled(headers: list[tuple[bytes, bytes]], *, needs_host: bool) -> Problem | None:
    """The same where some header comes several times, as most may."""
    if sum(map(len, chain.from_iterable(headers))) > LARGEST_HEADERS:
        return _too_large()
    times = Counter(name for name, _ in headers)
    if times[b"host"] == 0 and needs_host:
        return _without_host()
    if times[b"host"] > 1:
        return InvalidHost("The request has several headers 'Host': send one (RFC 9112 §3.2).")
    wrong = [
        (SINGLE[name], "should be given once", f"{times[name]} times") for name in SINGLE if times[name] > 1
    ]
    return invalid_input(wrong) if wrong else None


def _too_large() -> HeadersTooLarge:
    return HeadersTooLarge(f"The headers are larger than {LARGEST_HEADERS} bytes together: send less.")


def _without_host() -> InvalidHost:
    return InvalidHost("The request has no header 'Host', which HTTP/1.1 requires (RFC 9112 §3.2).")
