"""Reads the headers of a request by name, once for all."""

from starlette.types import Scope

FIELDS = "celeriac.fields"
Fields = dict[bytes, bytes]


def read_fields(scope: Scope) -> Fields:
    """The headers by name (in lower case), for all who serve this request; several of one name are one, joined by commas.

    That is what they mean where a request may have several (RFC 9110 §5.3).
    """
    headers = scope["headers"]
    fields: Fields = dict(headers)
    if len(fields) < len(headers):
        fields = _joined(headers)
    scope[FIELDS] = fields
    return fields


def _joined(headers: list[tuple[bytes, bytes]]) -> Fields:
    values: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        values.setdefault(name, []).append(value)
    return {name: b",".join(several) for name, several in values.items()}
