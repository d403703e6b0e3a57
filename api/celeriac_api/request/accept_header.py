"""Decides from the header `Accept` whether a client wants events (RFC 9110 §12.5.1)."""

import re

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


def _weighed(part: str) -> tuple[str, float]:
    """A media range and its weight; a weight that makes no sense is none."""
    media, *parameters = (piece.strip() for piece in part.split(";"))
    weight = next(
        (parameter.removeprefix("q=") for parameter in parameters if parameter.startswith("q=")), "1"
    )
    return media, float(weight) if _WEIGHT.fullmatch(weight) else 0.0
