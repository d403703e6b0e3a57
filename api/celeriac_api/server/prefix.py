"""The path under which the API is served, when a proxy in front of it takes a prefix such as `/jobs` off.

It is uvicorn's `--root-path`, or else what a trusted proxy says in `X-Forwarded-Prefix`. Everything that the API says of its own
addresses begins with it.
"""

import re

from starlette.types import Scope

from celeriac_api.request.fields import FIELDS
from celeriac_api.response.address import request_prefix

HEADER = b"x-forwarded-prefix"
_PREFIX = re.compile(rb"(/[A-Za-z0-9._~-]{1,100}){1,10}/?")


def enter(scope: Scope) -> None:
    """From now on, this request is one for an address under its prefix; the scope says so as uvicorn would have."""
    root = scope.get("root_path", "")
    if not root and HEADER in scope[FIELDS] and _is_of_trusted_proxy(scope):
        root = scope["root_path"] = _forwarded(scope[FIELDS][HEADER])
        scope["path"] = root + scope["path"]
    if root or request_prefix.get():  # a request in a pipeline begins in the context of the one before
        request_prefix.set(root.rstrip("/"))


def own_path(scope: Scope) -> str:
    """The path of a request without its prefix."""
    root, path = scope.get("root_path"), scope["path"]
    return str(path[len(root) :] if root and path.startswith(f"{root}/") else path)


def _is_of_trusted_proxy(scope: Scope) -> bool:
    """Uvicorn puts the client of `X-Forwarded-For` in the place of a proxy that it trusts, and then there is no port.

    No connection comes from port 0, so nobody else can look like this.
    """
    client = scope.get("client")
    return client is not None and client[1] == 0


def _forwarded(given: bytes) -> str:
    """What the proxy says, once and well-formed; otherwise nothing."""
    return given.decode().rstrip("/") if _PREFIX.fullmatch(given) else ""
