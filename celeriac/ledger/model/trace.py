"""Reads which trace a task belongs to (https://www.w3.org/TR/trace-context/)."""

import re
from typing import NamedTuple

# Versions to come begin like version 00, and may go on after a hyphen; ff is none.
_TRACEPARENT = re.compile(
    r"(?!ff)(?P<version>[0-9a-f]{2})-(?P<fields>(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2})(?P<more>-.*)?"
)
_TRACESTATE = re.compile(r"[\x20-\x7e]{1,512}")


class Trace(NamedTuple):
    """The headers `traceparent` (valid, version 00) and `tracestate` (or nothing)."""

    traceparent: str
    tracestate: str = ""

    @property
    def trace_id(self) -> str:
        """32 hexadecimal digits."""
        return self.traceparent[3:35]


def parsed_trace(traceparent: str, tracestate: str = "") -> Trace | None:
    """The trace of these headers; None if `traceparent` is malformed. A malformed `tracestate` is dropped."""
    match = _TRACEPARENT.fullmatch(traceparent)
    if match is None or (match["version"] == "00" and match["more"]):
        return None
    state = tracestate.strip()
    return Trace(f"00-{match['fields']}", state if _TRACESTATE.fullmatch(state) else "")
