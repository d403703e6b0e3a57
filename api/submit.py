"""Submitting: one operation for each task definition, `POST /{name}`, and `POST /tasks` for all of them."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any
from uuid import uuid4

from fastapi import Body, FastAPI
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from api import body
from api.document import TaskDocument, queued, task_document
from api.errors import ResultGone, SubmissionInDoubt, UnknownTaskName
from api.query import refuse_unknown
from api.responses import LOCATION, PREFERENCE_APPLIED, RETRY_AFTER, Responses, problems
from api.route import Handler, Prefer, Wait, add_route
from api.waiting import APPLIED, asked_wait, wait_for_end
from ledger.connection import InDoubt
from ledger.ledger import Ledger, Submission
from ledger.settings import Settings
from ledger.task import Task
from ledger.wire import envelope
from worker.catalog import Catalog
from worker.contract import Definition

ANSWERS: Responses = {
    200: {
        "description": "Ended within the wait.",
        "model": TaskDocument,
        "headers": {"Location": LOCATION, "Preference-Applied": PREFERENCE_APPLIED},
    },
    202: {
        "description": "Accepted.",
        "headers": {
            "Location": LOCATION,
            "Retry-After": RETRY_AFTER,
            "Preference-Applied": PREFERENCE_APPLIED,
        },
    },
}


class GenericSubmission(BaseModel):
    """A task by its name, for callers that learn the name at run time."""

    model_config = ConfigDict(title="Submission", extra="forbid")

    name: str = Field(description="The task definition's name.")
    input: dict[str, Any] = Field(default={}, description="The definition's input.")


class Door:
    """Where the submissions of one definition come in. Prepared once, used for every request."""

    def __init__(self, definition: Definition, settings: Settings, ledger: Ledger) -> None:
        """What is the same for every task of this definition is made here."""
        self._name = definition.name
        self._input_model = definition.input_model
        self._queue = definition.queue or settings.default_queue
        hard, soft = definition.time_limits(settings.soft_time_limit)
        self._envelope = envelope(task=self._name, queue=self._queue, time_limit=hard, soft_time_limit=soft)
        self._ledger = ledger
        self._show_tracebacks = settings.show_tracebacks

    async def submit(self, request: Request, input_json: bytes, *, at: str = "") -> Response:
        """202 with the task document, or 200 if it ended while the client was ready to wait.

        Nothing is written before the input (at JSON pointer `at` of the body) is valid.
        """
        body.validate(input_json, self._input_model, at=at)
        seconds = asked_wait(request)
        task_id = str(uuid4())
        message = self._envelope.message(task_id, input_json)
        accept = partial(self._accept, Submission(task_id, self._name, self._queue, message))
        if seconds is None:
            return _answer(await accept(), {}, self._show_tracebacks)
        task = await wait_for_end(self._ledger, task_id, accept, seconds=seconds, request=request)
        return _answer(task, {APPLIED: f"wait={seconds}"}, self._show_tracebacks)

    async def _accept(self, submission: Submission) -> Task:
        try:
            created_at = await self._ledger.accept(submission)
        except InDoubt as error:
            raise _in_doubt(submission.task_id) from error
        return queued(submission.task_id, name=self._name, queue=self._queue, created_at=created_at)


def install(app: FastAPI, catalog: Catalog, settings: Settings, ledger: Ledger) -> None:
    """Serve `POST /{name}` for every definition of the catalog, and `POST /tasks`."""
    doors = {name: Door(definition, settings, ledger) for name, definition in catalog.items()}
    for definition in catalog.values():
        _add_definition(app, definition, _handler(doors[definition.name], settings))
    _add_generic(app, catalog, _generic_handler(doors, settings))


def _handler(door: Door, settings: Settings) -> Handler:
    async def submit(request: Request) -> Response:
        refuse_unknown(request, known=("wait",))
        return await door.submit(request, await body.read_json(request, largest=settings.max_body_bytes))

    return submit


def _generic_handler(doors: Mapping[str, Door], settings: Settings) -> Handler:
    async def submit(request: Request) -> Response:
        refuse_unknown(request, known=("wait",))
        raw = await body.read_json(request, largest=settings.max_body_bytes)
        submission = body.validate(raw, GenericSubmission)
        door = doors.get(submission.name)
        if door is None:
            raise UnknownTaskName(
                f"There is no task named {submission.name[:100]!r}; there are: {', '.join(doors)}."
            )
        return await door.submit(request, body.member(raw, "input") or b"{}", at="/input")

    return submit


def _answer(task: Task | None, headers: dict[str, str], show_traceback: bool) -> Response:
    if task is None:
        raise ResultGone(
            "The task was accepted, but its record was deleted by another program that uses this Redis."
        )
    content = task_document(task, show_traceback=show_traceback)
    headers["Location"] = f"/tasks/{task.task_id}"
    if task.ready:
        return Response(content, 200, headers, "application/json")
    headers["Retry-After"] = "1"
    return Response(content, 202, headers, "application/json")


def _in_doubt(task_id: str) -> SubmissionInDoubt:
    return SubmissionInDoubt(
        f"Redis did not answer, so it is unknown whether the task was accepted. Ask for /tasks/{task_id} in a few "
        "seconds: 404 means that it was not, and may be submitted again.",
        headers={"Location": f"/tasks/{task_id}", "Retry-After": "2"},
        task_id=task_id,
    )


def _add_definition(app: FastAPI, definition: Definition, handler: Handler) -> None:
    input_model = definition.input_model
    examples = list(definition.examples) or None

    async def documented(
        body: Annotated[input_model, Body(examples=examples)],  # type: ignore[valid-type]  # the model is made at start
        wait: Wait = None,
        prefer: Prefer = None,
    ) -> TaskDocument: ...

    add_route(
        app,
        "POST",
        f"/{definition.name}",
        handler,
        documented,
        name=definition.name,
        operation_id=definition.name,
        summary=definition.summary,
        description=definition.description,
        tags=["submit"],
        status_code=202,
        responses={**ANSWERS, **problems(400, 413, 415, 422, 503)},
    )


def _add_generic(app: FastAPI, catalog: Catalog, handler: Handler) -> None:
    names = list(catalog)
    example = {"name": names[0], "input": next(iter(catalog[names[0]].examples), {})}

    async def documented(
        body: Annotated[GenericSubmission, Body(examples=[example])], wait: Wait = None, prefer: Prefer = None
    ) -> TaskDocument: ...

    add_route(
        app,
        "POST",
        "/tasks",
        handler,
        documented,
        operation_id="submit_task",
        summary="Submit a task by its name.",
        description=f"The same as `POST /{{name}}`, with the name in the body. Names: {', '.join(names)}.",
        tags=["submit"],
        status_code=202,
        responses={**ANSWERS, **problems(400, 404, 413, 415, 422, 503)},
    )
