"""Makes a span for each request with FastAPI's own OpenTelemetry."""

from collections.abc import MutableMapping
from typing import Any

from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from celeriac.ledger.model.trace import Trace
from celeriac_api.server.logs import trace_id

SERVICE = "celeriac-api"
# Call every few seconds by machines, of which nobody wants to know.
PROBES = frozenset({"/livez", "/readyz", "/metrics"})
HEADERS = (b"traceparent", b"tracestate")
OFF: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}


def telemetry_config(provider: trace.TracerProvider | None) -> TelemetryConfig:
    """The settings for FastAPI. None: nothing is sent; otherwise every request would ask OpenTelemetry about it."""
    if provider is None:
        return OFF
    # Our routes are answered by handlers of ours, so FastAPI's own steps in a request would be empty spans.
    return {
        **OFF,
        "tracing": True,
        "tracer_provider": provider,
        "operation_spans": False,
        "exclude": _is_probe,
    }


class Traced:
    """ASGI middleware inside FastAPI's span and outside all others; absent if nothing is sent.

    In the request's headers the span takes the place of the caller's, so that whatever reads them goes on from it.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap this app."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or _is_probe(scope):
            trace_id.set("")  # a request in a pipeline begins in the context of the one before
            await self._app(scope, receive, send)
            return
        span = trace.get_current_span()
        own = _trace_of(span.get_span_context())
        trace_id.set(own.trace_id)
        scope["headers"] = _with_trace(scope["headers"], own)
        is_open = False

        async def send_named(message: Message) -> None:
            nonlocal is_open
            if message["type"] == "http.response.start":
                _name(span, scope)
            is_open = message["type"] == "http.response.start" or message.get("more_body", False)
            await send(message)

        await self._app(scope, receive, send_named)
        if is_open:  # a stream that its client has left: that is its end, and no error
            await send({"type": "http.response.body", "body": b""})


def _is_probe(scope: MutableMapping[str, Any]) -> bool:
    return scope["type"] == "http" and scope["path"].removeprefix(scope.get("root_path", "")) in PROBES


def _trace_of(context: trace.SpanContext) -> Trace:
    ids = f"{trace.format_trace_id(context.trace_id)}-{trace.format_span_id(context.span_id)}"
    return Trace(f"00-{ids}-{context.trace_flags:02x}", context.trace_state.to_header())


def _with_trace(headers: list[tuple[bytes, bytes]], own: Trace) -> list[tuple[bytes, bytes]]:
    fields = [(name, value) for name, value in headers if name not in HEADERS]
    fields.append((b"traceparent", own.traceparent.encode()))
    if own.tracestate:
        fields.append((b"tracestate", own.tracestate.encode()))
    return fields


def _name(span: trace.Span, scope: Scope) -> None:
    """By the route; FastAPI knows only those that it has found itself (api/celeriac_api/server/route_table.py)."""
    route = getattr(scope.get("route"), "path", None)
    if route is not None:
        span.set_attribute("http.route", route)
        span.update_name(f"{scope['method']} {route}")
