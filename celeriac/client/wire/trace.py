"""Sends the trace along that the caller's code is a part of."""

import sys
from collections.abc import Mapping

from celeriac.client.wire.request import NO_HEADERS


def trace_headers() -> Mapping[str, str]:
    """`traceparent` and `tracestate` (W3C Trace Context) of the current OpenTelemetry span, if there is one.

    OpenTelemetry is not loaded for this: where it is not loaded yet, there is no span.
    """
    trace = sys.modules.get("opentelemetry.trace")
    if trace is None or not hasattr(trace, "get_current_span"):
        return NO_HEADERS
    span = trace.get_current_span().get_span_context()
    if not span.is_valid:
        return NO_HEADERS
    headers = {"traceparent": f"00-{span.trace_id:032x}-{span.span_id:016x}-{span.trace_flags:02x}"}
    return {**headers, "tracestate": span.trace_state.to_header()} if span.trace_state else headers
