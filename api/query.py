"""Query parameters: one that a route does not know is refused, so that no option is ignored in silence."""

from collections.abc import Collection
from urllib.parse import parse_qsl

from starlette.requests import Request

from api.body import invalid_input


def refuse_unknown(request: Request, *, known: Collection[str] = ()) -> None:
    """422 for a query parameter outside `known`."""
    query = request.scope["query_string"]
    if not query:
        return
    given = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    advice = f"known here: {', '.join(known)}" if known else "this route takes none"
    wrong = [
        (f"?{name}", f"unknown query parameter; {advice}", value)
        for name, value in given
        if name not in known
    ]
    if wrong:
        raise invalid_input(wrong)
