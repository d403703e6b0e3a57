"""Asking for a task: its document, and its bare result."""

import hashlib
from functools import lru_cache, partial
from typing import Annotated, Any

from fastapi import FastAPI, Header, Path
from pydantic.json_schema import SkipJsonSchema
from starlette.requests import Request
from starlette.responses import Response

from celeriac.ledger.ledger import Ledger
from celeriac.ledger.model.states import State
from celeriac.ledger.model.task import Task
from celeriac.settings import Settings
from celeriac_api.request.fields import FIELDS
from celeriac_api.request.parameters import refuse_unknown
from celeriac_api.request.task_id import asked_id, not_found
from celeriac_api.request.wait import asked_wait, wait_for_end
from celeriac_api.response.errors import ResultGone, TaskNotSucceeded
from celeriac_api.response.json_bytes import Answer
from celeriac_api.response.openapi import ETAG, LOCATION, PREFERENCE_APPLIED, RETRY_AFTER, problems
from celeriac_api.response.task_document import EXAMPLE_ID, TaskDocument, task_document
from celeriac_api.server.prefix import address
from celeriac_api.server.route import Handler, Prefer, Wait, add_route

IfNoneMatch = Annotated[
    str | SkipJsonSchema[None],
    Header(description="The ETag of an earlier answer: 304 if nothing has changed."),
]
TaskID = Annotated[str, Path(description="The task's id, a UUID.", examples=[EXAMPLE_ID])]


def install(app: FastAPI, settings: Settings, ledger: Ledger) -> None:
    """Serve `GET /tasks/{task_id}` and `GET /tasks/{task_id}/result`."""

    async def get_task(request: Request) -> Response:
        task, headers = await _asked_task(ledger, request)
        content = task_document(task, show_traceback=settings.show_tracebacks)
        etag = _etag(content)
        if _matches(request.scope[FIELDS].get(b"if-none-match"), etag):
            return Response(status_code=304, headers={"ETag": etag, "Cache-Control": "no-cache"})
        return Answer(content, 200, etag=etag, cache_control="no-cache", **headers)

    async def get_result(request: Request) -> Response:
        task, headers = await _asked_task(ledger, request)
        if not task.ready:
            document = task_document(task, show_traceback=settings.show_tracebacks)
            return Answer(document, 202, location=address(f"/tasks/{task.task_id}"), **headers)
        if task.state is not State.SUCCEEDED:
            raise _not_succeeded(task)
        return Answer(task.result or b"null", 200, **headers)

    _add_get_task(app, get_task)
    _add_get_result(app, get_result)


async def _asked_task(ledger: Ledger, request: Request) -> tuple[Task, dict[str, str]]:
    """The task that this request asks for, after the wait that it asks for, and the headers that go with both."""
    refuse_unknown(request, known=("wait",))
    seconds = asked_wait(request)
    task_id = asked_id(request)
    task = await _find(ledger, task_id, seconds, request)
    if task is None:
        raise not_found(task_id)
    if task.state is State.SUCCEEDED and task.result is None:
        raise ResultGone(
            f"Task {task_id} succeeded, but its result was deleted by another program that uses this Redis."
        )
    headers = {} if task.ready else {"retry_after": "1"}
    if seconds is not None:
        headers["preference_applied"] = f"wait={seconds}"
    return task, headers


async def _find(ledger: Ledger, task_id: str, seconds: int | None, request: Request) -> Task | None:
    if not seconds:
        return await ledger.read(task_id)
    return await wait_for_end(
        ledger, task_id, partial(ledger.read, task_id), seconds=seconds, request=request
    )


@lru_cache(maxsize=1)  # as of the document
def _etag(content: bytes) -> str:
    return f'"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'


def _matches(if_none_match: bytes | None, etag: str) -> bool:
    """Weak comparison, RFC 9110 §13.1.2."""
    if not if_none_match:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.decode("latin-1").split(",")]
    return etag in tags or "*" in tags


def _not_succeeded(task: Task) -> TaskNotSucceeded:
    reason = f": {task.failure.type}: {task.failure.message}" if task.failure else ""
    return TaskNotSucceeded(
        f"Task {task.task_id} ended as {task.state}{reason}", task_id=task.task_id, state=task.state
    )


def _add_get_task(app: FastAPI, handler: Handler) -> None:
    async def documented(
        task_id: TaskID, wait: Wait = None, prefer: Prefer = None, if_none_match: IfNoneMatch = None
    ) -> TaskDocument:
        raise NotImplementedError

    add_route(
        app,
        "GET",
        "/tasks/{task_id}",
        handler,
        documented,
        operation_id="get_task",
        summary="Get a task as it stands, now or after a wait for its end.",
        tags=["tasks"],
        responses={
            200: {
                "description": "The task.",
                "headers": {
                    "ETag": ETAG,
                    "Retry-After": RETRY_AFTER,
                    "Preference-Applied": PREFERENCE_APPLIED,
                },
            },
            304: {"description": "It is still as `If-None-Match` says."},
            **problems(404, 410, 422, 503),
        },
    )


def _add_get_result(app: FastAPI, handler: Handler) -> None:
    async def documented(task_id: TaskID, wait: Wait = None, prefer: Prefer = None) -> Any:
        raise NotImplementedError

    add_route(
        app,
        "GET",
        "/tasks/{task_id}/result",
        handler,
        documented,
        operation_id="get_result",
        summary="Get the bare result of a task, now or after a wait for its end.",
        tags=["tasks"],
        responses={
            200: {
                "description": "What the function returned.",
                "headers": {"Preference-Applied": PREFERENCE_APPLIED},
            },
            202: {
                "description": "Not ready: the task document.",
                "model": TaskDocument,
                "headers": {
                    "Location": LOCATION,
                    "Retry-After": RETRY_AFTER,
                    "Preference-Applied": PREFERENCE_APPLIED,
                },
            },
            **problems(404, 409, 410, 422, 503),
        },
    )
