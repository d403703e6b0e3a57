"""The headers of a request by name, read once: whoever looks for one, looks here."""

from starlette.types import Scope

FIELDS = "celeriac.fields"


def read_fields(scope: Scope) -> dict[bytes, bytes]:
    """The headers by name (in lower case), for all who serve this request; several of one name are one, joined by commas.

    That is what they mean where a request may have several (RFC 9110 §5.3).
    """
    headers = scope["headers"]
    fields: dict[bytes, bytes] = dict(headers)
    if len(fields) < len(headers):
        fields = _joined(headers)
    scope[FIELDS] = fields
    return fields


def _joined(headers: list[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    values: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        values.setdefault(name, []).append(value)
    return {name: b",".join(several) for name, several in values.items()}
