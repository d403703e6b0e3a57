"""Decides from `Accept` what a client wants: events, JSON or a file (RFC 9110 §12.5)."""

import re
from typing import NamedTuple

from celeriac.files.media_type import essence
from celeriac_api.request.fields import Fields

EVENTS = "text/event-stream"
JSON = ("application/json", "application/*", "*/*")  # the most specific range counts
_WEIGHT = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?", re.ASCII)


def prefers_events(fields: Fields) -> bool:
    """The header must name events, with a larger weight than JSON; otherwise the client gets JSON."""
    accept = fields.get(b"accept", b"").lower()
    if b"event-stream" not in accept:
        return False
    weights = dict(map(_weighed, accept.decode("latin-1").split(",")))
    json = next((weights[media] for media in JSON if media in weights), 0.0)
    return weights.get(EVENTS, 0.0) > json


class Wish(NamedTuple):
    """How much a client wants a type: the weight (0: not at all), and how exactly it names the type, from 0 to 2."""

    weight: float
    exactness: int


def wish_for(content_type: str, fields: Fields) -> Wish:
    """What the most specific range that matches says of this type; without the header, all are welcome."""
    accept = fields.get(b"accept", b"").decode("latin-1").lower()
    if not accept.strip():
        return Wish(1.0, 0)
    kind = essence(content_type)
    weights = dict(map(_weighed, accept.split(",")))
    for exactness, pattern in ((2, kind), (1, kind.partition("/")[0] + "/*"), (0, "*/*")):
        if pattern in weights:
            return Wish(weights[pattern], exactness)
    return Wish(0.0, 0)


def prefers_file(content_type: str, fields: Fields) -> bool | None:
    """Whether the client wants a file of this type, not its JSON; None if it wants neither. A file, where both are equal."""
    file, json = wish_for(content_type, fields), wish_for("application/json", fields)
    if not file.weight and not json.weight:
        return None
    return bool(file.weight) and (
        file >= json if essence(content_type) != "application/json" else not json.exactness
    )


def names_a_file(content_type: str, fields: Fields) -> bool | None:
    """The same where JSON is usual: `*/*` is no wish for a file."""
    is_wanted = prefers_file(content_type, fields)
    return is_wanted and wish_for(content_type, fields).exactness > 0


def names_a_type(fields: Fields) -> bool:
    """Whether the header names another type than JSON and events, or a range such as `image/*`."""
    accept = fields.get(b"accept", b"")
    if accept in (b"", b"*/*", b"application/json"):
        return False
    ranges = dict(map(_weighed, accept.decode("latin-1").lower().split(",")))
    return any(weight and kind not in (*JSON, EVENTS, "text/html") for kind, weight in ranges.items())


def etag_matches(if_none_match: bytes | str | None, etag: str) -> bool:
    """Whether the client has this version, by weak comparison (RFC 9110 §13.1.2)."""
    if not if_none_match:
        return False
    text = if_none_match if isinstance(if_none_match, str) else if_none_match.decode("latin-1")
    tags = [tag.strip().removeprefix("W/") for tag in text.split(",")]
    return etag in tags or "*" in tags


def _weighed(part: str) -> tuple[str, float]:
    """A media range and its weight; a weight that makes no sense is none."""
    media, *parameters = (piece.strip() for piece in part.split(";"))
    weight = next(
        (parameter.removeprefix("q=") for parameter in parameters if parameter.startswith("q=")), "1"
    )
    return media, float(weight) if _WEIGHT.fullmatch(weight) else 0.0
