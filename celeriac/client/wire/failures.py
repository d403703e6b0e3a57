"""Turns a failure of the HTTP library into an error of the client."""

import ssl

import httpx

from celeriac.client.errors import CeleriacError, ConnectionLost, UnexpectedAnswer, Unreachable
from celeriac.client.wire.request import Request

# The request was not sent.
NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
# Another attempt fails in the same way.
FINAL = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)


def translated(error: httpx.RequestError, request: Request, base_url: str) -> CeleriacError:
    """The error that says the same; none contains a header. The cause says what happened, and not where in a library."""
    _without_tracebacks(error)
    if isinstance(error, httpx.DecodingError):
        return UnexpectedAnswer(f"{base_url} sent an answer that cannot be decoded ({error}).", status=0)
    if isinstance(error, NOT_SENT):
        return _unreachable(error, base_url)
    return lost(request, base_url, type(error).__name__, str(error))


def lost(request: Request, base_url: str, kind: str, reason: str = "") -> ConnectionLost:
    """The error for an answer that did not arrive."""
    text = f"{kind}: {reason}" if reason else kind
    return ConnectionLost(
        f"{base_url} did not answer {request.method} {request.path.partition('?')[0]} ({text}).",
        idempotency_key=request.headers.get("Idempotency-Key"),
    )


def _unreachable(error: httpx.RequestError, base_url: str) -> Unreachable:
    # The text of this one can contain a header.
    reason = "" if isinstance(error, httpx.LocalProtocolError) else str(error)
    text = f"{type(error).__name__}: {reason}" if reason else type(error).__name__
    return Unreachable(
        f"{base_url} cannot be reached ({text}). Start the API there, or set CELERIAC_URL to its address.",
        can_pass=not isinstance(error, FINAL) and not _is_certificate(error),
    )


def _without_tracebacks(error: BaseException | None) -> None:
    while error is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__


def _is_certificate(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False
