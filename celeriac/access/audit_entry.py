"""Makes an entry of the audit trail as JSON: who changed what."""

from datetime import UTC, datetime

from pydantic_core import to_json

LONGEST_NAME, LONGEST_CLIENT = 100, 64


def audit_entry(
    *,
    action: str,
    target: str,
    caller: str,
    name: str,
    owner: str,
    client: str,
    status: int,
    request_id: str | None = None,
) -> bytes:
    """The document of something that happens now. `target` and `client` are plain already."""
    return to_json(
        {
            "at": datetime.now(UTC),
            "action": action,
            "target": target,
            "caller": caller,
            "name": name,
            "owner": owner,
            "client": client,
            "status": status,
            "request_id": request_id,
        }
    )


def plain(text: str, most: int) -> str:
    """The beginning of this text, up to this number of characters, in printable ASCII."""
    return text.encode("unicode_escape", "surrogatepass").decode("ascii")[:most]
