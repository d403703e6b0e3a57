"""Changing what is to become of a task: cancel it, run its input again, forget it."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

from fastapi import Body, FastAPI
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from celeriac.ledger.ledger import Cancellation, Forgetting, Ledger, Original
from celeriac.ledger.model.states import State
from celeriac.ledger.model.submission import Options, Submission
from celeriac.ledger.protocol.message import decoded_input
from celeriac.settings import Settings
from celeriac_api.acceptance import accept, accepted_headers
from celeriac_api.request import body
from celeriac_api.request.json_text import member
from celeriac_api.request.judgement import Judge
from celeriac_api.request.new_id import new_id
from celeriac_api.request.options import IdempotencyKey, Traceparent, asked_retry_options
from celeriac_api.request.parameters import refuse_unknown
from celeriac_api.request.strict_json import DEEPEST
from celeriac_api.request.task_id import asked_id, find, not_found
from celeriac_api.response.errors import InvalidInput, TaskEnded, TaskNotEnded
from celeriac_api.response.json_bytes import Answer
from celeriac_api.response.openapi import LOCATION, REPLAYED, RETRY_AFTER, problems
from celeriac_api.response.task_document import TaskDocument, new_task, task_document
from celeriac_api.routes.submit import unknown_task_name
from celeriac_api.routes.task import TaskID
from celeriac_api.server.prefix import address
from celeriac_api.server.route import add_route
from celeriac_api.submissions import Door


class CancelRequest(BaseModel):
    """How a running task is cancelled."""

    model_config = ConfigDict(title="Cancellation", extra="forbid")

    terminate: bool = Field(
        default=False,
        description="Whether the process of a running task is ended. If not, the task may ask, and end itself.",
    )


class RetryRequest(BaseModel):
    """What a retry runs: the same input, or another one."""

    model_config = ConfigDict(title="Retry", extra="forbid")

    input: dict[str, Any] = Field(
        default_factory=dict,
        description="The input of the new task, validated as at its submission; without it, the input of this task.",
    )


def install(
    app: FastAPI, settings: Settings, ledger: Ledger, doors: Mapping[str, Door], judge: Judge
) -> None:
    """Serve `POST /tasks/{task_id}/cancel`, `POST /tasks/{task_id}/retry` and `DELETE /tasks/{task_id}`."""
    _add_cancel(app, settings, ledger, judge)
    _add_retry(app, settings, ledger, doors, judge)
    _add_delete(app, ledger)


async def _cancel(settings: Settings, ledger: Ledger, judge: Judge, request: Request) -> Response:
    refuse_unknown(request)
    task_id = asked_id(request)
    wish = await _wish(request, settings, judge)
    outcome = await ledger.cancel(task_id, terminate=wish.terminate)
    task = await find(ledger, task_id)
    document = task_document(task, show_traceback=settings.show_tracebacks)
    if task.ready and task.state is not State.CANCELLED:
        raise TaskEnded(
            f"Task {task_id} ended as {task.state} before, and stays so.",
            task_id=task_id,
            state=task.state,
        )
    if outcome is Cancellation.ASKED and not task.ready:
        return Answer(document, 202, location=address(f"/tasks/{task_id}"), retry_after="1")
    return Answer(document, 200)


async def _wish(request: Request, settings: Settings, judge: Judge) -> CancelRequest:
    """An empty body asks for the defaults."""
    raw = await body.read_json(request, largest=settings.max_body_bytes)
    return await judge.judge(raw, partial(body.validate, model=CancelRequest)) if raw else CancelRequest()


async def _retry(
    settings: Settings, ledger: Ledger, doors: Mapping[str, Door], judge: Judge, request: Request
) -> Response:
    refuse_unknown(request)
    task_id = asked_id(request)
    raw = await body.read_json(request, largest=settings.max_body_bytes)
    changed = await judge.judge(raw, _changed_input)
    task = await find(ledger, task_id)
    if not task.ready:
        raise TaskNotEnded(
            f"Task {task_id} is {task.state}; its input can be run again once it has ended.",
            task_id=task_id,
            state=task.state,
        )
    original = await ledger.original(task_id)
    if original is None:
        raise not_found(task_id)
    if changed is None:
        options = asked_retry_options(request, settings, task_id, None)
    else:
        options = await judge.judge(changed, partial(asked_retry_options, request, settings, task_id))
    if options.trace is None:  # whoever asks has none: the trace of the first caller goes on
        options = replace(options, trace=original.trace)
    door = doors.get(original.name)
    if door is None:
        raise unknown_task_name(original.name, doors)
    if changed is None:
        submitted = decoded_input(original.input)
        submission = await judge.judge(submitted, partial(_same_again, original, options, door))
    else:
        submission = await judge.judge(changed, partial(_changed, options, door))
    accepted = await accept(ledger, submission)
    again = new_task(accepted, name=submission.name, queue=submission.queue, retry_of=task_id)
    return Answer(task_document(again, show_traceback=False), 202, **accepted_headers(accepted))


def _changed_input(raw: bytes) -> bytes | None:
    """The input that this body gives, if it gives one."""
    if not raw:
        return None
    body.validate(raw, RetryRequest, deepest=DEEPEST + 1)
    return member(raw, "input")


def _same_again(original: Original, options: Options, door: Door, input_json: bytes) -> Submission:
    """What was accepted, if the definition as it is now would take it, too."""
    try:
        door.fitting(input_json, at="")
    except InvalidInput as wrong:
        raise InvalidInput(
            f"The definition of {original.name!r} has changed after the task was accepted, and its input does not fit any more: "
            f'{wrong.detail} Send one that fits: {{"input": ...}}.',
            **wrong.members,
        ) from wrong
    return Submission(
        new_id(), original.name, original.queue, original.envelope, original.input, options.encode()
    )


def _changed(options: Options, door: Door, input_json: bytes) -> Submission:
    """As if it were submitted now, to the definition as it is now."""
    return door.submission(new_id(), door.fitting(input_json, at="/input"), options)


async def _delete(ledger: Ledger, request: Request) -> Response:
    refuse_unknown(request)
    task_id = asked_id(request)
    match await ledger.forget(task_id):
        case Forgetting.OPEN:
            task = await find(ledger, task_id)
            raise TaskNotEnded(
                f"Task {task_id} is {task.state}; cancel it first, or wait for its end.",
                task_id=task_id,
                state=task.state,
            )
        case Forgetting.UNKNOWN:
            raise not_found(task_id)
        case _:
            return Response(status_code=204)


def _add_cancel(app: FastAPI, settings: Settings, ledger: Ledger, judge: Judge) -> None:
    async def documented(
        task_id: TaskID,
        body: Annotated[CancelRequest, Body()] = CancelRequest(),  # noqa: B008 - never runs
    ) -> TaskDocument:
        raise NotImplementedError

    add_route(
        app,
        "POST",
        "/tasks/{task_id}/cancel",
        partial(_cancel, settings, ledger, judge),
        documented,
        operation_id="cancel_task",
        summary="Cancel a task.",
        description="One that has not started never will. One that runs is asked to end, or has its process ended.",
        tags=["tasks"],
        responses={
            200: {"description": "It is cancelled."},
            202: {
                "description": "It runs, and its worker is told.",
                "model": TaskDocument,
                "headers": {"Location": LOCATION, "Retry-After": RETRY_AFTER},
            },
            **problems(400, 404, 409, 410, 413, 415, 422, 503),
        },
    )


def _add_retry(
    app: FastAPI, settings: Settings, ledger: Ledger, doors: Mapping[str, Door], judge: Judge
) -> None:
    async def documented(
        task_id: TaskID,
        body: Annotated[RetryRequest, Body()] = RetryRequest(),  # noqa: B008 - never runs
        idempotency_key: IdempotencyKey = None,
        traceparent: Traceparent = None,
    ) -> TaskDocument:
        raise NotImplementedError

    add_route(
        app,
        "POST",
        "/tasks/{task_id}/retry",
        partial(_retry, settings, ledger, doors, judge),
        documented,
        operation_id="retry_task",
        summary="Run the input of an ended task again, or another one, as a new task.",
        tags=["tasks"],
        status_code=202,
        responses={
            202: {
                "description": "The new task; `retry_of` is the id of this one.",
                "headers": {
                    "Location": LOCATION,
                    "Retry-After": RETRY_AFTER,
                    "Idempotent-Replayed": REPLAYED,
                },
            },
            **problems(400, 404, 409, 410, 413, 415, 422, 503),
        },
    )


def _add_delete(app: FastAPI, ledger: Ledger) -> None:
    async def documented(task_id: TaskID) -> None:
        raise NotImplementedError

    add_route(
        app,
        "DELETE",
        "/tasks/{task_id}",
        partial(_delete, ledger),
        documented,
        operation_id="delete_task",
        summary="Forget an ended task before its time.",
        tags=["tasks"],
        status_code=204,
        responses={
            204: {"description": "It is forgotten, now or before."},
            **problems(404, 409, 422, 503),
        },
    )
