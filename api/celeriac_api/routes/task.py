"""Returns the document of a task, or its bare result."""

import hashlib
from collections.abc import Awaitable, Callable
from functools import lru_cache, partial
from typing import Annotated, Any

from fastapi import Header
from pydantic.json_schema import SkipJsonSchema
from starlette.responses import Response, StreamingResponse

from celeriac.access.scopes import Scope
from celeriac.ledger.ledger import Ledger
from celeriac.ledger.model.states import State
from celeriac.ledger.model.task import Task
from celeriac.ledger.store.slices import Slices
from celeriac.settings import Settings
from celeriac_api.access.seats import Seats
from celeriac_api.files.pointer import Pointer
from celeriac_api.files.serving import Serving
from celeriac_api.request.accept_header import etag_matches
from celeriac_api.request.call import Call
from celeriac_api.request.task_id import OfTask, not_found
from celeriac_api.request.wait import WaitParameters, wait_for_end
from celeriac_api.response.address import address
from celeriac_api.response.errors import ResultGone
from celeriac_api.response.failure_details import not_succeeded
from celeriac_api.response.json_bytes import Answer
from celeriac_api.response.openapi import ETAG, FILE, LOCATION, PREFERENCE_APPLIED, RETRY_AFTER, problems
from celeriac_api.response.task_document import TaskDocument, task_document
from celeriac_api.server.route import Handler, Route

IfNoneMatch = Annotated[
    str | SkipJsonSchema[None],
    Header(description="The ETag of an earlier answer. The answer is 304 if the document has not changed."),
]


class ResultParameters(WaitParameters, OfTask):
    """The task, and how long to wait for its end."""


class PartParameters(ResultParameters):
    """The same, and which part of the result."""

    pointer: Pointer = None


class TaskParameters(ResultParameters):
    """The same, and what the client knows already."""

    if_none_match: IfNoneMatch = None


def routes(settings: Settings, ledger: Ledger, waits: Seats, serving: Serving) -> list[Route]:
    """`GET /tasks/{task_id}` and `GET /tasks/{task_id}/result`."""

    async def get_task(call: Call[TaskParameters, None]) -> Response:
        task, headers = await _awaited_task(ledger, waits, call, ledger.read)
        # Most tasks have no failure, and so no details.
        details = task.failure is not None and call.caller.sees_details(settings)
        content = task_document(task, show_traceback=details)
        etag = _etag(content)
        if etag_matches(call.parameters.if_none_match, etag):
            return Response(status_code=304, headers={"ETag": etag, "Cache-Control": "no-cache"})
        return Answer(content, 200, etag=etag, cache_control="no-cache", **headers)

    async def get_result(call: Call[PartParameters, None]) -> Response:
        task, headers = await _awaited_task(ledger, waits, call, ledger.read_small)
        pointer, owner = call.parameters.pointer, call.caller.sees
        if task.unread_bytes:
            slices = None if pointer or serving.has_files(task.name) else await ledger.slices(task)
            if slices is not None:
                return _streamed(slices, headers)
            task = await ledger.read(task.task_id, owner=owner) or task
        if not task.ready:
            document = task_document(task, show_traceback=call.caller.sees_details(settings))
            return Answer(document, 202, location=address(f"/tasks/{task.task_id}"), **headers)
        if task.state is not State.SUCCEEDED:
            raise not_succeeded(task, all_of_it=call.caller.sees_details(settings))
        return await serving.result(task, call.fields, pointer, owner=owner, headers=headers)

    return [_get_task(get_task), _get_result(get_result)]


async def _awaited_task(
    ledger: Ledger, waits: Seats, call: Call[Any, None], read_task: Callable[..., Awaitable[Task | None]]
) -> tuple[Task, dict[str, str]]:
    """The task that this request asks for, after the wait that it asks for, and the headers that go with both."""
    parameters: ResultParameters = call.parameters
    task_id, seconds = parameters.task_id, parameters.seconds
    owner = call.caller.sees
    if seconds:
        read = partial(read_task, task_id, owner=owner)
        with waits.seat(call.caller):
            task = await wait_for_end(
                ledger, task_id, read, owner=owner, seconds=seconds, until_gone=call.until_gone
            )
    else:
        task = await read_task(task_id, owner=owner)
    if task is None:
        raise not_found(task_id)
    if task.state is State.SUCCEEDED and task.result is None and not task.unread_bytes:
        raise ResultGone(
            f"Task {task_id} succeeded, but its result was deleted by another program that uses this Redis."
        )
    headers = {} if task.ready else {"retry_after": "1"}
    if seconds is not None:
        headers["preference_applied"] = f"wait={seconds}"
    return task, headers


def _streamed(result: Slices, headers: dict[str, str]) -> Response:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    length = {"content-length": str(result.length)}
    return StreamingResponse(aiter(result), 200, {**fields, **length}, media_type="application/json")


@lru_cache(maxsize=1)  # as of the document
def _etag(content: bytes) -> str:
    return f'"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'


def _get_task(handler: Handler) -> Route:
    return Route(
        method="GET",
        path="/tasks/{task_id}",
        scope=Scope.READ,
        handler=handler,
        parameters=TaskParameters,
        operation_id="get_task",
        summary="Get a task, now or after a wait for its end.",
        tag="tasks",
        returns=TaskDocument,
        answers={
            200: {
                "description": "The task.",
                "headers": {
                    "ETag": ETAG,
                    "Retry-After": RETRY_AFTER,
                    "Preference-Applied": PREFERENCE_APPLIED,
                },
            },
            304: {"description": "The document has not changed since the `ETag` in `If-None-Match`."},
            **problems(404, 410, 422, 429, 503),
        },
    )


def _get_result(handler: Handler) -> Route:
    return Route(
        method="GET",
        path="/tasks/{task_id}/result",
        scope=Scope.READ,
        handler=handler,
        parameters=PartParameters,
        operation_id="get_result",
        summary="Get the bare result of a task, now or after a wait for its end.",
        tag="tasks",
        returns=Any,
        answers={
            200: {
                "description": "What the function returned. A file, or bytes, comes as it is, unless `Accept` prefers JSON.",
                "headers": {"Preference-Applied": PREFERENCE_APPLIED},
                "content": FILE,
            },
            206: {
                "description": "The part of a file that the header `Range` names.",
                "content": FILE,
            },
            304: {"description": "The client has this file: `If-None-Match` has its `ETag`."},
            202: {
                "description": "The task has not ended: its task document.",
                "model": TaskDocument,
                "headers": {
                    "Location": LOCATION,
                    "Retry-After": RETRY_AFTER,
                    "Preference-Applied": PREFERENCE_APPLIED,
                },
            },
            **problems(404, 406, 409, 410, 416, 422, 429, 503),
        },
    )
