"""Asking for a task: its document, and its bare result."""

import hashlib
import re
from typing import Annotated

from fastapi import FastAPI, Path
from starlette.requests import Request
from starlette.responses import Response

from api.document import EXAMPLE_ID, TaskDocument, task_document
from api.errors import ResultGone, TaskNotFound, TaskNotSucceeded
from api.query import refuse_unknown
from api.responses import ETAG, LOCATION, RETRY_AFTER, problems
from ledger.ledger import Ledger
from ledger.settings import Settings
from ledger.states import State
from ledger.task import Task

JSON = "application/json"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

TaskID = Annotated[str, Path(description="The task's id, a UUID.", examples=[EXAMPLE_ID])]


def install(app: FastAPI, settings: Settings, ledger: Ledger) -> None:
    """Serve `GET /tasks/{task_id}` and `GET /tasks/{task_id}/result`."""

    @app.get(
        "/tasks/{task_id}",
        tags=["tasks"],
        operation_id="get_task",
        summary="Get a task as it stands now.",
        response_model=TaskDocument,
        responses={
            200: {"description": "The task.", "headers": {"ETag": ETAG, "Retry-After": RETRY_AFTER}},
            304: {"description": "It is still as the `If-None-Match` says."},
            **problems(404, 410, 422, 503),
        },
    )
    async def get_task(task_id: TaskID, request: Request) -> Response:
        refuse_unknown(request)
        task = await _find(ledger, task_id)
        content = task_document(task, show_traceback=settings.show_tracebacks)
        headers = {"ETag": _etag(content), "Cache-Control": "no-cache", **_retry_after(task)}
        if _matches(request.headers.get("if-none-match"), headers["ETag"]):
            return Response(status_code=304, headers=headers)
        return Response(content, 200, headers, JSON)

    @app.get(
        "/tasks/{task_id}/result",
        tags=["tasks"],
        operation_id="get_result",
        summary="Get the bare result of a task.",
        responses={
            200: {"description": "What the function returned.", "content": {JSON: {"schema": {}}}},
            202: {
                "description": "Not ready: the task document.",
                "model": TaskDocument,
                "headers": {"Location": LOCATION, "Retry-After": RETRY_AFTER},
            },
            **problems(404, 409, 410, 422, 503),
        },
    )
    async def get_result(task_id: TaskID, request: Request) -> Response:
        refuse_unknown(request)
        task = await _find(ledger, task_id)
        if not task.ready:
            headers = {"Location": f"/tasks/{task.task_id}", **_retry_after(task)}
            return Response(task_document(task, show_traceback=settings.show_tracebacks), 202, headers, JSON)
        if task.state is not State.SUCCEEDED:
            raise _not_succeeded(task)
        return Response(task.result, 200, media_type=JSON)


async def _find(ledger: Ledger, task_id: str) -> Task:
    task_id = task_id.lower()
    task = await ledger.read(task_id) if UUID.fullmatch(task_id) else None
    if task is None:
        raise TaskNotFound(f"No task has the id {task_id[:100]!r}: it was never accepted here, or its record has expired.")
    if task.state is State.SUCCEEDED and task.result is None:
        raise ResultGone(f"Task {task_id} succeeded, but its result was deleted by another program that uses this Redis.")
    return task


def _retry_after(task: Task) -> dict[str, str]:
    return {} if task.ready else {"Retry-After": "1"}


def _etag(content: bytes) -> str:
    return f'"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'


def _matches(if_none_match: str | None, etag: str) -> bool:
    """Weak comparison, RFC 9110 §13.1.2."""
    if if_none_match is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in tags or "*" in tags


def _not_succeeded(task: Task) -> TaskNotSucceeded:
    reason = f": {task.failure.type}: {task.failure.message}" if task.failure else ""
    return TaskNotSucceeded(f"Task {task.task_id} ended as {task.state}{reason}", task_id=task.task_id, state=task.state)
