"""Lets pages of those other origins that the settings name use the API."""

from typing import Any

# What our routes read, and what of their answers a page may see, beside what every page may.
READ = (
    "Authorization Content-Type Idempotency-Key If-None-Match Last-Event-ID Prefer traceparent tracestate X-Request-ID"
).split()
SHOWN = (
    "ETag Idempotent-Replayed Location Preference-Applied Retry-After Task-Definition WWW-Authenticate X-Request-ID"
).split()


def cors_options(origins: str) -> dict[str, Any]:
    """The options of Starlette's middleware. No cookie is ever sent along: a key is a header."""
    return {
        "allow_origins": origins.split(","),
        "allow_methods": ["GET", "POST", "PUT", "DELETE"],
        "allow_headers": READ,
        "expose_headers": SHOWN,
    }
