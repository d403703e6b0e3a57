"""The limits of a key: how much its holder may ask of the service."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Gt, Le

MOST = 1_000_000_000


@dataclass(frozen=True, kw_only=True)
class Limits:
    """None means the value of the settings.

    `rate` is in submissions per second, `burst` how many may come at once; `unfinished` is how many tasks may be open, `waits`
    and `streams` how many requests may wait or stream, all at the same time.
    """

    rate: Annotated[float, Gt(0), Le(MOST)] | None = None
    burst: Annotated[int, Ge(1), Le(MOST)] | None = None
    unfinished: Annotated[int, Ge(1), Le(MOST)] | None = None
    body_bytes: Annotated[int, Ge(1), Le(MOST)] | None = None
    waits: Annotated[int, Ge(0), Le(MOST)] | None = None
    streams: Annotated[int, Ge(0), Le(MOST)] | None = None


NO_LIMITS = Limits()
