"""A collector of spans: the server of OTLP over HTTP (https://opentelemetry.io/docs/specs/otlp/#otlphttp), in protobuf."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from lab.harness.waiting import wait_until

PATH = "/v1/traces"
ERROR = 2


class Span(NamedTuple):
    """What was sent of one: ids in hexadecimal digits, `parent_id` empty for the first of a trace."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    attributes: dict[str, Any]
    is_error: bool
    status_text: str
    exceptions: list[str]


@dataclass
class Collector:
    """What came in so far."""

    url: str
    spans: list[Span] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def of(self, trace_id: str, *, number: int) -> list[Span]:
        """The spans of this trace, as soon as there are so many; the first has no parent among them."""

        def all_of_it() -> list[Span] | None:
            spans = [span for span in self.spans if span.trace_id == trace_id]
            return spans if len(spans) >= number else None

        spans = wait_until(all_of_it, what=f"{number} spans of {trace_id}")
        ids = {span.span_id for span in spans}
        return sorted(spans, key=lambda span: span.parent_id in ids)


@contextmanager
def running_collector() -> Iterator[Collector]:
    """A collector on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            assert (self.path, self.headers["content-type"]) == (PATH, "application/x-protobuf")
            collector.headers.append(dict(self.headers))
            collector.spans += _spans(ExportTraceServiceRequest.FromString(body))
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("content-type", "application/x-protobuf")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector = Collector(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()


def _spans(request: ExportTraceServiceRequest) -> Iterator[Span]:
    for sender in request.resource_spans:
        service = _values(sender.resource.attributes)["service.name"]
        for scope in sender.scope_spans:
            for span in scope.spans:
                yield Span(
                    service=service,
                    name=span.name,
                    trace_id=span.trace_id.hex(),
                    span_id=span.span_id.hex(),
                    parent_id=span.parent_span_id.hex(),
                    attributes=_values(span.attributes),
                    is_error=span.status.code == ERROR,
                    status_text=span.status.message,
                    exceptions=[_values(event.attributes)["exception.message"] for event in span.events],
                )


def _values(attributes: Any) -> dict[str, Any]:
    return {
        attribute.key: getattr(attribute.value, attribute.value.WhichOneof("value"))
        for attribute in attributes
    }
