"""Makes our addresses, each with the prefix of the request."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# The prefix under which this request came, without a slash at its end. Set by the outermost layer.
request_prefix: ContextVar[str] = ContextVar("request_prefix", default="")


def prefix() -> str:
    """The prefix of this request; mostly there is none."""
    return request_prefix.get()


def address(path: str) -> str:
    """Where a client finds this path of ours."""
    return request_prefix.get() + path


@contextmanager
def under(path: str) -> Iterator[None]:
    """Inside this context, addresses begin with this path, without a request."""
    before = request_prefix.set(path)
    try:
        yield
    finally:
        request_prefix.reset(before)
