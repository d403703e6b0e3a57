"""Recognizes requests that a browser sends for pages of other sites.

Without a key, being on this machine is what opens the API, and a browser on it takes orders from every page that it shows: a
page can let its own name lead here and read all (DNS rebinding), or send a form whose answer it never sees. A key stops
both, since no page can add it.
"""

from functools import lru_cache

from starlette.types import Scope as Connection

from celeriac_api.request.fields import FIELDS

# These change nothing, and no page of another origin sees the answer (RFC 9110 §9.2.1).
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# What a browser says of a request that a page of the API made, or a user without a page (W3C Fetch Metadata).
OWN_SITES = frozenset({b"same-origin", b"none"})


def foreign_origin(connection: Connection, allowed: frozenset[bytes]) -> str | None:
    """The other origin whose page changes something by this request; None where there is none, or it is one of these."""
    if connection["method"] in SAFE:
        return None
    fields = connection[FIELDS]
    origin, site = fields.get(b"origin"), fields.get(b"sec-fetch-site")
    if origin in allowed:
        return None
    if site is not None:  # also right behind a proxy that changes Host
        is_own = site in OWN_SITES
    else:
        is_own = origin is None or origin.partition(b"://")[2].lower() == fields.get(b"host", b"").lower()
    return None if is_own else (origin or b"unknown").decode("latin-1")


@lru_cache(maxsize=256)
def name_in(host: bytes) -> str:
    """The name or address in a header Host: `localhost` of `localhost:8000`, `::1` of `[::1]:8000`."""
    text = host.decode("latin-1").lower()
    if text.startswith("["):
        return text[1:].partition("]")[0] if "]" in text else ""
    return text.partition(":")[0]
