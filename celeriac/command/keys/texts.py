"""How keys are printed: documents as in the API, columns, and facts about one."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from pydantic_core import to_jsonable_python

from celeriac.access.key import Key
from celeriac.command.output.column import Column


def as_json(value: object) -> str:
    """Indented JSON."""
    return json.dumps(to_jsonable_python(value), indent=2, ensure_ascii=False)


def key_document(key: Key, source: str) -> dict[str, Any]:
    """The key as `GET /keys/{name}` returns it."""
    document: dict[str, Any] = to_jsonable_python(
        {
            "name": key.name,
            "owner": key.owner,
            "scopes": key.grants,
            "source": source,
            "created_at": key.created_at,
            "expires_at": key.expires_at,
            "overlap_until": _overlap_until(key),
            "limits": asdict(key.limits),
        }
    )
    return document


COLUMNS: list[Column[tuple[Key, str]]] = [
    Column("NAME", lambda entry: entry[0].name),
    Column("OWNER", lambda entry: entry[0].owner, leave_out=2),
    Column("SCOPES", lambda entry: ",".join(entry[0].grants)),
    Column("EXPIRES", lambda entry: _expiry(entry[0]), leave_out=1),
    Column("LIMITS", lambda entry: _limits(entry[0]) or "-", leave_out=4),
    Column("SOURCE", lambda entry: entry[1], leave_out=3),
]


def facts(key: Key, source: str) -> dict[str, str]:
    """For each fact about a key its label."""
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
    return lines


def facts_text(key: Key, source: str) -> str:
    """One line for each fact."""
    return "\n".join(f"{name:<10}  {value}" for name, value in facts(key, source).items())


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
