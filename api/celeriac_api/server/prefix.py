"""The path under which the API is served, when a proxy in front of it takes a prefix such as `/jobs` off.

It is uvicorn's `--root-path`, or else what a trusted proxy says in `X-Forwarded-Prefix`. Everything that the API says of its own
addresses begins with it.
"""

import re
from contextvars import ContextVar

from starlette.types import Scope

HEADER = b"x-forwarded-prefix"
_PREFIX = re.compile(rb"(/[A-Za-z0-9._~-]{1,100}){1,10}/?")

# Of this request, without a slash at its end. Set by the boundary.
_prefix: ContextVar[str] = ContextVar("prefix", default="")


def enter(scope: Scope) -> None:
    """From now on, this request is one for an address under its prefix; the scope says so as uvicorn would have."""
    if not scope.get("root_path") and _is_of_trusted_proxy(scope):
        scope["root_path"] = _forwarded(scope)
        scope["path"] = scope["root_path"] + scope["path"]
    _prefix.set(scope.get("root_path", "").rstrip("/"))


def prefix() -> str:
    """The prefix of this request; mostly there is none."""
    return _prefix.get()


def address(path: str) -> str:
    """Where a client finds this path of ours."""
    return _prefix.get() + path


def own_path(scope: Scope) -> str:
    """The path of a request without its prefix."""
    root, path = scope.get("root_path", ""), scope["path"]
    return str(path[len(root) :] if root and path.startswith(f"{root}/") else path)


def _is_of_trusted_proxy(scope: Scope) -> bool:
    """Uvicorn puts the client of `X-Forwarded-For` in the place of a proxy that it trusts, and then there is no port.

    No connection comes from port 0, so nobody else can look like this.
    """
    client = scope.get("client")
    return client is not None and client[1] == 0


def _forwarded(scope: Scope) -> str:
    """What the proxy says, once and well-formed; otherwise nothing."""
    given = [value for name, value in scope["headers"] if name == HEADER]
    if len(given) != 1 or not _PREFIX.fullmatch(given[0]):
        return ""
    return str(given[0].decode().rstrip("/"))
