"""Finds the path under which a proxy serves the API, such as `/jobs`.

It is uvicorn's `--root-path`, or else what a trusted proxy names in `X-Forwarded-Prefix`; where another app has mounted the
API, the path of the mount follows.

Upstream: https://github.com/Kludex/uvicorn/pull/2493 (a root path that is not in front of the request's path).
"""

import re

from starlette.types import Scope

from celeriac_api.request.fields import FIELDS
from celeriac_api.response.address import request_prefix

HEADER = b"x-forwarded-prefix"
_PREFIX = re.compile(rb"(/[A-Za-z0-9._~-]{1,100}){1,10}/?")


def enter(scope: Scope) -> None:
    """Put the prefix into the scope of this request, in the form that uvicorn uses."""
    if "app_root_path" in scope:
        _enter_mounted(scope)
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


def _enter_mounted(scope: Scope) -> None:
    """Put the prefix of the app that has mounted this one before the path of the mount.

    Starlette has kept its root path as `app_root_path`. The request's path may lack it, because a proxy took it off; then
    Starlette itself would find no route of ours.
    """
    outer = scope.pop("app_root_path")
    mount = scope["root_path"][len(outer) :]
    if not outer and HEADER in scope[FIELDS] and _is_of_trusted_proxy(scope):
        outer = _forwarded(scope[FIELDS][HEADER])
    outer = outer.rstrip("/")
    scope["root_path"] = root = outer + mount
    if not scope["path"].startswith(f"{root}/"):
        scope["path"] = outer + scope["path"]


def _is_of_trusted_proxy(scope: Scope) -> bool:
    """Uvicorn puts the client of `X-Forwarded-For` in the place of a proxy that it trusts, and then there is no port.

    No connection comes from port 0, so nobody else can look like this.
    """
    client = scope.get("client")
    return client is not None and client[1] == 0


def _forwarded(value: bytes) -> str:
    """What the proxy says, once and well-formed; otherwise nothing."""
    return value.decode().rstrip("/") if _PREFIX.fullmatch(value) else ""
