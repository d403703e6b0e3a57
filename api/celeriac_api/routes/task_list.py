"""`GET /tasks`: what there is, the newest first, a page at a time."""

import base64
import binascii
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Literal

from fastapi import FastAPI, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from celeriac.ledger.ledger import Ledger
from celeriac.ledger.model.states import State
from celeriac.ledger.model.task import Task
from celeriac.ledger.model.task_filter import Listing
from celeriac.ledger.model.times import microseconds
from celeriac.settings import Settings
from celeriac_api.request.body import invalid_input
from celeriac_api.request.parameters import Limit, asked_limit, asked_moment, refuse_unknown
from celeriac_api.response.json_bytes import Answer
from celeriac_api.response.openapi import problems
from celeriac_api.response.task_document import (
    TaskDocument,
    TaskWithoutResult,
    document_without_result,
    task_document,
)
from celeriac_api.server.route import add_route

SEVERAL = ("state", "name", "queue", "omit")
MOST_NAMES = 20
KNOWN = ("state", "name", "queue", "created_after", "created_before", "limit", "cursor", "omit")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


Names = Annotated[list[str], Field(max_length=MOST_NAMES)]


class TaskPage(BaseModel):
    """Tasks, the newest first."""

    model_config = ConfigDict(title="Page of tasks")

    items: list[TaskDocument | TaskWithoutResult] = Field(
        description="The tasks of this page. Those that are `left_out`, and with `omit=result` all, have no member `result`."
    )
    left_out: list[str] = Field(
        description="The ids of the tasks on this page whose results were too large for it: ask for `links.result`."
    )
    next_cursor: str | None = Field(
        description="Give it as `cursor` for the next page; null on the last one."
    )


def install(app: FastAPI, settings: Settings, ledger: Ledger) -> None:
    """Serve `GET /tasks`."""

    async def documented(
        state: Annotated[list[State], Query(description="Only in one of these states.")] = [],  # noqa: B006 - never runs
        name: Annotated[Names, Query(description="Only of one of these definitions.")] = [],  # noqa: B006 - likewise
        queue: Annotated[Names, Query(description="Only of one of these queues.")] = [],  # noqa: B006 - likewise
        created_after: Annotated[
            AwareDatetime | SkipJsonSchema[None],
            Query(description="Only those created then or later (ISO 8601)."),
        ] = None,
        created_before: Annotated[
            AwareDatetime | SkipJsonSchema[None],
            Query(description="Only those created before then (ISO 8601)."),
        ] = None,
        limit: Limit = None,
        cursor: Annotated[
            str | SkipJsonSchema[None], Query(description="The `next_cursor` of the page before.")
        ] = None,
        omit: Annotated[
            list[Literal["result"]],
            Query(
                description="`result`: leave the results out, which may be large. The items have no member `result` then."
            ),
        ] = [],  # noqa: B006 - likewise
    ) -> TaskPage:
        raise NotImplementedError

    add_route(
        app,
        "GET",
        "/tasks",
        partial(_list, settings, ledger),
        documented,
        operation_id="list_tasks",
        summary="List tasks, the newest first.",
        description="A task that is added while one turns the pages is on none of them; none is shown twice.",
        tags=["tasks"],
        responses={200: {"description": "A page of tasks."}, **problems(422, 503)},
    )


async def _list(settings: Settings, ledger: Ledger, request: Request) -> Response:
    refuse_unknown(request, known=KNOWN, several=SEVERAL)
    asked = _asked(request)
    omits = _omits_results(request)
    page = await (ledger.page_without_results(asked) if omits else ledger.page(asked))

    def item(task: Task) -> bytes:
        document = document_without_result if omits or task.task_id in page.left_out else task_document
        return document(task, show_traceback=settings.show_tracebacks)

    items = b",".join(map(item, page.tasks))
    cursor = b"null" if page.before is None else b'"%b"' % _cursor(page.before)
    left_out = to_json(page.left_out)
    return Answer(b'{"items":[%b],"left_out":%b,"next_cursor":%b}' % (items, left_out, cursor), 200)


def _asked(request: Request) -> Listing:
    query = request.query_params
    before, cursor = _moment(request, "created_before"), query.get("cursor")
    if cursor is not None:
        at = _read_cursor(cursor)
        before = at if before is None else min(before, at)
    return Listing(
        limit=asked_limit(request),
        before=before,
        since=_moment(request, "created_after"),
        states=tuple(dict.fromkeys(_state(value) for value in query.getlist("state"))),
        names=_names(request, "name"),
        queues=_names(request, "queue"),
    )


def _names(request: Request, parameter: str) -> tuple[str, ...]:
    names = request.query_params.getlist(parameter)
    if len(names) > MOST_NAMES:
        problem = (f"?{parameter}", f"should be given at most {MOST_NAMES} times", f"{len(names)} times")
        raise invalid_input([problem])
    return tuple(dict.fromkeys(names))


def _state(given: str) -> State:
    try:
        return State(given)
    except ValueError as wrong:
        problem = ("?state", f"should be one of {', '.join(State)}", given)
        raise invalid_input([problem]) from wrong


def _omits_results(request: Request) -> bool:
    omitted = request.query_params.getlist("omit")
    for given in omitted:
        if given != "result":
            raise invalid_input([("?omit", "should be result: nothing else can be left out", given)])
    return bool(omitted)


def _moment(request: Request, name: str) -> int | None:
    moment = asked_moment(request, name)
    return None if moment is None else microseconds(moment - EPOCH)


def _cursor(before: int) -> bytes:
    """Opaque, so that what is in it may change."""
    return base64.urlsafe_b64encode(b"%d" % before).rstrip(b"=")


def _read_cursor(given: str) -> int:
    try:
        padded = given + "=" * (-len(given) % 4)
        return int(base64.b64decode(padded, altchars=b"-_", validate=True)) % 10**17
    except (binascii.Error, ValueError) as wrong:
        problem = ("?cursor", "should be the `next_cursor` of a page before", given)
        raise invalid_input([problem]) from wrong
