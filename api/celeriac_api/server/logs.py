"""Configures the API's log: each line has the id of its request."""

import logging
import sys
from collections.abc import Mapping
from contextvars import ContextVar

from uvicorn.logging import ColourizedFormatter

from celeriac.settings import LogFormat
from celeriac.telemetry.logs import dress
from celeriac.telemetry.prints import log_prints

# Set by the boundary; what serves many requests at once runs in a context of its own, and has none.
request_id: ContextVar[bytes] = ContextVar("request_id")
# Likewise, where requests have spans.
trace_id: ContextVar[str] = ContextVar("trace_id")


# What is asked every few seconds, for ever.
PROBES = frozenset(("/livez", "/readyz", "/metrics"))


class WithoutProbes(logging.Filter):
    """Leaves successful probes out of the access log."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Of what uvicorn logs: client, method, path with query, version, status."""
        match record.args:
            case (_, "GET" | "HEAD", str(path), _, 200):
                return path.partition("?")[0] not in PROBES
            case _:
                return True


def take_prints(log_format: LogFormat) -> None:
    """Called before the tasks are loaded: in JSON, what they print is JSON, too."""
    if log_format is LogFormat.JSON:
        log_prints(_facts)


def set_up(log_format: LogFormat) -> None:
    """Called once, by the process that serves. Existing handlers of logging or uvicorn stay."""
    handler_of_root = logging.StreamHandler(sys.__stderr__)
    dress([handler_of_root], log_format, _facts)
    logging.basicConfig(handlers=[handler_of_root], level=logging.INFO)
    for name in ("uvicorn", "uvicorn.access"):
        handlers = logging.getLogger(name).handlers
        plain = [handler for handler in handlers if isinstance(handler.formatter, ColourizedFormatter)]
        dress(plain, log_format, _facts)
    logging.getLogger("uvicorn.access").addFilter(WithoutProbes())


def own_id() -> str | None:
    """The id of the request in whose context this is called."""
    text = request_id.get(None)
    return text.decode() if text else None


def _facts(_: logging.LogRecord) -> Mapping[str, str]:
    request, trace = request_id.get(None), trace_id.get(None)
    facts = {"request_id": request.decode()} if request else {}
    return facts | ({"trace_id": trace} if trace else {})
