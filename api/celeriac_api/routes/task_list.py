"""`GET /tasks`: lists tasks, the newest first, in pages."""

from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import to_json
from starlette.responses import Response

from celeriac.access.scopes import Scope
from celeriac.ledger.ledger import Ledger
from celeriac.ledger.model.task import SCHEDULE_MARK, Task
from celeriac.ledger.model.task_filter import Listing, Page
from celeriac.ledger.model.times import microseconds
from celeriac.settings import Settings
from celeriac_api.request.call import Call
from celeriac_api.request.cursor import (
    CURSOR_QUERY,
    CURSOR_SCHEMA,
    NextCursor,
    decoded_cursor,
    encoded_cursor,
    read_cursor,
)
from celeriac_api.request.parameter_types import (
    SCHEDULE_NAME,
    USUAL_LIMIT,
    Limit,
    Moment,
    StateName,
    Tag,
    misfit,
)
from celeriac_api.request.parameters import Parameters
from celeriac_api.request.submission.option_fields import MOST_TAGS
from celeriac_api.response.json_bytes import Answer
from celeriac_api.response.openapi import problems
from celeriac_api.response.task_document import (
    TaskDocument,
    TaskWithoutResult,
    document_without_result,
    task_document,
)
from celeriac_api.server.route import Route

MOST_NAMES = 20
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _position(text: str) -> int:
    return int(decoded_cursor(text)) % 10**17


def _few(names: list[str]) -> list[str]:
    if len(names) > MOST_NAMES:
        raise misfit(f"should be given at most {MOST_NAMES} times, not {len(names)}")
    return names


def _omitted(text: str) -> str:
    if text != "result":
        raise misfit("should be result: no other member can be left out")
    return text


Names = Annotated[list[str], Field(max_length=MOST_NAMES), BeforeValidator(_few)]
Omitted = Annotated[Literal["result"], BeforeValidator(_omitted)]
# The moment before which the page begins, in microseconds since 1970; to clients it is a text.
Cursor = Annotated[
    int | None,
    read_cursor(_position),
    CURSOR_SCHEMA,
]


class TaskPage(BaseModel):
    """Tasks, the newest first."""

    model_config = ConfigDict(title="Page of tasks")

    items: list[TaskDocument | TaskWithoutResult] = Field(
        description="The tasks of this page. A task in `omitted_results` has no member `result`; with `omit=result`, no task has one."
    )
    omitted_results: list[str] = Field(
        description="The ids of the tasks whose results were too large for this page: get them at `links.result`."
    )
    next_cursor: NextCursor


class ListParameters(Parameters):
    """Which tasks to list, and how many."""

    state: Annotated[list[StateName], Query(description="Only tasks in one of these states.")] = Field(
        default_factory=list
    )
    name: Annotated[Names, Query(description="Only tasks of one of these definitions.")] = Field(
        default_factory=list
    )
    queue: Annotated[Names, Query(description="Only tasks of one of these queues.")] = Field(
        default_factory=list
    )
    tag: Annotated[
        list[Tag],
        Query(
            max_length=MOST_TAGS,
            description="Only tasks with this tag; with all of them, if there are several.",
        ),
    ] = Field(default_factory=list)
    schedule: Annotated[
        str | SkipJsonSchema[None],
        StringConstraints(pattern=SCHEDULE_NAME),
        Query(description="Only tasks that the schedule of this name submitted, and their retries."),
    ] = None
    created_after: Annotated[
        Moment, Query(description="Only tasks created at this time or later (ISO 8601).")
    ] = None
    created_before: Annotated[
        Moment, Query(description="Only tasks created before this time (ISO 8601).")
    ] = None
    owner: Annotated[
        str | SkipJsonSchema[None],
        Query(
            description="Only tasks of this owner. A key sees its own tasks, unless it is `admin`.",
            min_length=1,
        ),
    ] = None
    limit: Limit = None
    cursor: Annotated[Cursor, CURSOR_QUERY] = None
    omit: Annotated[
        list[Omitted],
        Query(
            description="`result` leaves out the results, which can be large. The items then have no member `result`."
        ),
    ] = Field(default_factory=list)


def routes(settings: Settings, ledger: Ledger) -> list[Route]:
    """`GET /tasks`."""
    return [
        Route(
            method="GET",
            path="/tasks",
            scope=Scope.READ,
            handler=partial(_list, settings, ledger),
            parameters=ListParameters,
            operation_id="list_tasks",
            summary="List tasks, the newest first.",
            description="A task that is created after the first page was read is on no later page. No task appears twice.",
            tag="tasks",
            returns=TaskPage,
            answers={200: {"description": "A page of tasks."}, **problems(422, 503)},
        )
    ]


async def _list(settings: Settings, ledger: Ledger, call: Call[ListParameters, None]) -> Response:
    omits = bool(call.parameters.omit)
    details = call.caller.sees_details(settings)
    page = await _page(ledger, call.parameters, call.caller.sees, omits=omits, tracebacks=details)

    def item(task: Task) -> bytes:
        document = document_without_result if omits or task.task_id in page.omitted_results else task_document
        return document(task, show_traceback=details)

    items = b",".join(map(item, page.tasks))
    cursor = b"null" if page.before is None else b'"%b"' % encoded_cursor(b"%d" % page.before)
    omitted_results = to_json(page.omitted_results)
    return Answer(
        b'{"items":[%b],"omitted_results":%b,"next_cursor":%b}' % (items, omitted_results, cursor), 200
    )


async def _page(
    ledger: Ledger, parameters: ListParameters, sees: str | None, *, omits: bool, tracebacks: bool
) -> Page:
    """A page of the tasks that are asked for, as far as the caller sees them."""
    if sees is not None and parameters.owner not in (None, sees):
        return Page([], None)
    listing = _listing(parameters, parameters.owner if sees is None else sees)
    read = ledger.page_without_results if omits else ledger.page
    return await read(listing, tracebacks=tracebacks)


def _listing(parameters: ListParameters, owner: str | None) -> Listing:
    before = [
        moment
        for moment in (_since_epoch(parameters.created_before), parameters.cursor)
        if moment is not None
    ]
    return Listing(
        owner=owner,
        limit=parameters.limit or USUAL_LIMIT,
        before=min(before, default=None),
        since=_since_epoch(parameters.created_after),
        states=tuple(dict.fromkeys(parameters.state)),
        names=tuple(dict.fromkeys(parameters.name)),
        queues=tuple(dict.fromkeys(parameters.queue)),
        tags=(*_mark(parameters.schedule), *dict.fromkeys(parameters.tag)),
    )


def _mark(schedule: str | None) -> tuple[str, ...]:
    return () if schedule is None else (SCHEDULE_MARK + schedule,)


def _since_epoch(moment: datetime | None) -> int | None:
    return None if moment is None else microseconds(moment - EPOCH)
