"""Query parameters: one that a route does not know, or that is given twice, is refused rather than ignored.

So is a body where no route looks at one.
"""

import re
from collections import Counter
from collections.abc import Collection
from datetime import datetime
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Query
from pydantic import AwareDatetime, Field, TypeAdapter
from pydantic.json_schema import SkipJsonSchema
from starlette.requests import Request

from celeriac_api.request.body import invalid_input, refuse_body

USUAL_LIMIT, LARGEST_LIMIT = 50, 200
MOST_PARAMETERS = 100
WITHOUT_BODY = frozenset({"GET", "DELETE"})
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_MOMENT: TypeAdapter[datetime] = TypeAdapter(AwareDatetime)

Limit = Annotated[
    Annotated[int, Field(ge=1)] | SkipJsonSchema[None],
    Query(
        description=f"Most items: {USUAL_LIMIT} unless told, {LARGEST_LIMIT} at most; more is taken as {LARGEST_LIMIT}."
    ),
]


def refuse_unknown(request: Request, *, known: Collection[str] = (), several: Collection[str] = ()) -> None:
    """422 for a query parameter outside `known`, and for one that is given twice and not among the `several`.

    And for the body of a GET or DELETE, which nobody would read.
    """
    if request.scope["method"] in WITHOUT_BODY:
        refuse_body(request)
    query = request.scope["query_string"]
    if not query:
        return
    if query.count(b"&") >= MOST_PARAMETERS:
        raise invalid_input(
            [("?", f"should have at most {MOST_PARAMETERS} parameters", query.count(b"&") + 1)]
        )
    given = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    advice = f"known here: {', '.join(known)}" if known else "this route takes none"
    wrong = [
        (f"?{name}", f"unknown query parameter; {advice}", value)
        for name, value in given
        if name not in known
    ]
    wrong += [
        (f"?{name}", "should be given once", f"{times} times")
        for name, times in Counter(name for name, _ in given).items()
        if times > 1 and name in known and name not in several
    ]
    if wrong:
        raise invalid_input(wrong)


def asked_limit(request: Request) -> int:
    """How many items this request asks for, at most `LARGEST_LIMIT`."""
    given = request.query_params.get("limit")
    if given is None:
        return USUAL_LIMIT
    if not re.fullmatch(r"0*[1-9]\d*", given, re.ASCII):
        raise invalid_input([("?limit", "should be a number of items, 1 or more", given)])
    return min(int(given.lstrip("0")[:9]), LARGEST_LIMIT)


def asked_moment(request: Request, name: str) -> datetime | None:
    """The moment that this query parameter names, with its offset (RFC 3339); None when it is not given."""
    given = request.query_params.get(name)
    if given is None:
        return None
    problem = (f"?{name}", "should be a moment with an offset, such as 2026-05-01T12:00:00Z", given)
    if not _RFC_3339.fullmatch(given):  # pydantic reads numbers as moments, too
        raise invalid_input([problem])
    try:
        return _MOMENT.validate_strings(given)
    except ValueError as wrong:
        raise invalid_input([problem]) from wrong
