"""`GET /audit`: who changed what, the newest first."""

import re
from functools import partial
from typing import Annotated

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic_core import ValidationError
from starlette.responses import Response

from celeriac.access.scopes import Scope
from celeriac.ledger.tables.audit import AuditTrail, Entry
from celeriac_api.access.caller import CallerKind
from celeriac_api.request.call import Call
from celeriac_api.request.cursor import CURSOR_QUERY, CURSOR_SCHEMA, NextCursor, read_cursor
from celeriac_api.request.parameter_types import USUAL_LIMIT, Limit, Moment
from celeriac_api.request.parameters import Parameters
from celeriac_api.response.json_bytes import model_answer
from celeriac_api.response.openapi import problems
from celeriac_api.server.route import Route

# A position in the trail: milliseconds since 1970, and a number.
_POSITION = re.compile(r"\d{1,15}-\d{1,15}", re.ASCII)


def _position(text: str) -> str:
    if not _POSITION.fullmatch(text):
        raise ValueError(text)
    return text


Cursor = Annotated[
    str | None,
    read_cursor(_position),
    CURSOR_SCHEMA,
]


class AuditEntry(BaseModel):
    """One use of a route that changes something, a change by `celeriac keys`, or a request that lacked a scope."""

    model_config = ConfigDict(title="Audit entry", extra="ignore")  # a later version may keep more

    at: AwareDatetime = Field(description="When the API answered, or the command made the change.")
    action: str = Field(description="The `operationId` of the route.")
    target: str = Field(
        description="The id of the task, or the name of the queue or key; empty if there is none."
    )
    caller: CallerKind = Field(
        description="How the caller was identified: `key`, `token` (of an identity provider), `open` (not at all), or `command` (`celeriac keys`)."
    )
    name: str = Field(
        description="The name of the key, the subject of the token, or the user who ran the command."
    )
    owner: str = Field(description="The owner of the key or token; empty for the command.")
    client: str = Field(
        description="The address from which the request came; empty for a socket. For the command, the name of the machine."
    )
    status: int = Field(description="The status of the answer; for the command, that of the same request.")
    request_id: str | None = Field(description="The `X-Request-ID` of the request; null for the command.")


class AuditPage(BaseModel):
    """Entries of the audit trail, the newest first."""

    model_config = ConfigDict(title="Page of the audit trail")

    items: list[AuditEntry]
    next_cursor: NextCursor


class AuditParameters(Parameters):
    """Which entries to list, and how many."""

    limit: Limit = None
    before: Annotated[Moment, Query(description="Only entries written before this time (ISO 8601).")] = None
    cursor: Annotated[Cursor, CURSOR_QUERY] = None


def routes(trail: AuditTrail) -> list[Route]:
    """`GET /audit`."""
    return [
        Route(
            method="GET",
            path="/audit",
            scope=Scope.ADMIN,
            handler=partial(_list, trail),
            parameters=AuditParameters,
            operation_id="list_audit",
            summary="List who changed what, the newest first.",
            description="About 10,000 entries are kept. An entry can appear a moment after the answer to its request.",
            tag="operations",
            returns=AuditPage,
            answers={200: {"description": "A page of the audit trail."}, **problems(422, 503)},
        )
    ]


async def _list(trail: AuditTrail, call: Call[AuditParameters, None]) -> Response:
    limit = call.parameters.limit or USUAL_LIMIT
    # One more than the page has shows whether there is another page.
    entries = await trail.read(limit=limit + 1, before=_before(call.parameters))
    page = entries[:limit]
    cursor = page[-1].id if len(entries) > limit else None
    return model_answer(
        AuditPage(items=[item for entry in page for item in _readable(entry)], next_cursor=cursor)
    )


def _before(parameters: AuditParameters) -> str | None:
    """The earlier of both positions."""
    positions = [] if parameters.cursor is None else [parameters.cursor]
    if parameters.before is not None:
        positions.append(f"{max(0, int(parameters.before.timestamp() * 1_000))}-0")
    return min(positions, key=_numbers, default=None)


def _numbers(position: str) -> tuple[int, int]:
    milliseconds, _, number = position.partition("-")
    return int(milliseconds), int(number)


def _readable(entry: Entry) -> list[AuditEntry]:
    """The entry, unless another version wrote it in a form that this one cannot read."""
    try:
        return [AuditEntry.model_validate_json(entry.document)]
    except ValidationError:
        return []
