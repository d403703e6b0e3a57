"""How keys are printed: JSON as in the API, a table, and facts about one."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from pydantic_core import to_jsonable_python

from celeriac.access.key import Key

HEADER = ("NAME", "OWNER", "SCOPES", "EXPIRES", "LIMITS", "SOURCE")


def as_json(value: object) -> str:
    """Indented JSON."""
    return json.dumps(to_jsonable_python(value), indent=2, ensure_ascii=False)


def key_document(key: Key, source: str) -> dict[str, Any]:
    """The key as `GET /keys/{name}` returns it."""
    return {
        "name": key.name,
        "owner": key.owner,
        "scopes": key.grants,
        "source": source,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "overlap_until": _overlap_until(key),
        "limits": asdict(key.limits),
    }


def table(keys: Sequence[tuple[Key, str]]) -> str:
    """A line for each key, below the names of the columns."""
    rows = [HEADER, *(_row(key, source) for key, source in keys)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
    return "\n".join(lines)


def facts(key: Key, source: str) -> str:
    """One line for each fact about a key."""
    lines = {
        "Name": key.name,
        "Owner": key.owner,
        "Scopes": ", ".join(key.grants),
        "Created": _moment(key.created_at) if key.created_at else "unknown",
        "Expires": _expiry(key),
        "Limits": _limits(key) or "those of the settings",
        "Source": source,
    }
    if overlap := _overlap_until(key):
        lines["Old secret"] = f"valid until {_moment(overlap)}"
    return "\n".join(f"{name:<10}  {value}" for name, value in lines.items())


def _row(key: Key, source: str) -> tuple[str, ...]:
    return (key.name, key.owner, ",".join(key.grants), _expiry(key), _limits(key) or "-", source)


def _expiry(key: Key) -> str:
    if key.expires_at is None:
        return "never"
    moment = _moment(key.expires_at)
    return moment if key.expires_at > datetime.now(UTC) else f"expired {moment}"


def _limits(key: Key) -> str:
    return ",".join(
        f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in asdict(key.limits).items()
        if value is not None
    )


def _overlap_until(key: Key) -> datetime | None:
    now = datetime.now(UTC)
    overlaps = [secret.until for secret in key.digests if secret.until is not None and secret.until > now]
    return max(overlaps, default=None)


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(sep=" ", timespec="minutes").replace("+00:00", "Z")
