"""Cancels a task, runs its input again, or forgets it."""

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from celeriac.access.scopes import Scope
from celeriac.contract.options.flow import NO_FLOW, Flow
from celeriac.files.named_blobs import NamedBlobs
from celeriac.files.store.in_threads import AsyncStore
from celeriac.files.store.store import Blob, BlobGone, Store
from celeriac.ledger.ledger import Cancellation, Forgetting, Ledger
from celeriac.ledger.model.dependencies import Dependencies
from celeriac.ledger.model.original import Original
from celeriac.ledger.model.states import State
from celeriac.ledger.model.submission import Submission
from celeriac.settings import Settings
from celeriac_api.acceptance import accept, accepted_headers
from celeriac_api.definitions.prepared import PreparedDefinition
from celeriac_api.request import body
from celeriac_api.request.call import Body, Call
from celeriac_api.request.json_text import member
from celeriac_api.request.new_id import new_id
from celeriac_api.request.schema.strict_json import DEEPEST
from celeriac_api.request.submission.options import Retry
from celeriac_api.request.submission.original_input import input_to_repeat, repeating
from celeriac_api.request.submission.submission_parameters import RetryParameters
from celeriac_api.request.task_id import OfTask, find, not_found
from celeriac_api.response.address import address
from celeriac_api.response.errors import TaskEnded, TaskNotEnded
from celeriac_api.response.json_bytes import Answer
from celeriac_api.response.openapi import LOCATION, REPLAYED, RETRY_AFTER, problems
from celeriac_api.response.task_document import TaskDocument, new_task, task_document
from celeriac_api.server.route import Handler, Route
from celeriac_api.submissions import Submissions


class CancelRequest(BaseModel):
    """How a running task is cancelled."""

    model_config = ConfigDict(title="Cancellation", extra="forbid")

    terminate: bool = Field(
        default=False,
        description="Whether to end a running task: its process, or the coroutine of an async one. Otherwise the task can check for the request and stop itself.",
    )


class RetryRequest(BaseModel):
    """What a retry runs: the same input, or another one."""

    model_config = ConfigDict(title="Retry", extra="forbid")

    input: dict[str, Any] = Field(
        default_factory=dict,
        description="The input of the new task, validated like a submission. Without it, the new task gets the input of this task.",
    )


def routes(settings: Settings, ledger: Ledger, submissions: Submissions, files: AsyncStore) -> list[Route]:
    """`POST /tasks/{task_id}/cancel`, `POST /tasks/{task_id}/retry` and `DELETE /tasks/{task_id}`."""
    return [
        _cancel_route(partial(_cancel, settings, ledger)),
        _retry_route(partial(_retry, settings, ledger, submissions, files)),
        _delete_route(partial(_delete, ledger)),
    ]


async def _cancel(settings: Settings, ledger: Ledger, call: Call[OfTask, CancelRequest]) -> Response:
    task_id = call.parameters.task_id
    outcome = await ledger.cancel(task_id, owner=call.caller.sees, terminate=call.body.terminate)
    task = await find(ledger, task_id, owner=call.caller.sees)
    document = task_document(task, show_traceback=call.caller.sees_details(settings))
    if task.ready and task.state is not State.CANCELLED:
        raise TaskEnded(
            f"Task {task_id} has already ended as {task.state}.",
            task_id=task_id,
            state=task.state,
        )
    if outcome is Cancellation.ASKED and not task.ready:
        return Answer(document, 202, location=address(f"/tasks/{task_id}"), retry_after="1")
    return Answer(document, 200)


async def _retry(
    settings: Settings,
    ledger: Ledger,
    submissions: Submissions,
    files: AsyncStore,
    call: Call[RetryParameters, bytes | None],
) -> Response:
    task_id, new_input = call.parameters.task_id, call.body
    task = await find(ledger, task_id, owner=call.caller.sees)
    if not task.ready:
        raise TaskNotEnded(
            f"Task {task_id} is {task.state}; its input can be run again once it has ended.",
            task_id=task_id,
            state=task.state,
        )
    original = await ledger.original(task_id, owner=call.caller.sees)
    if original is None:
        raise not_found(task_id)
    call.caller.require_submit(original.name)
    retry = _options_of(original, settings, call)
    definition = submissions.definition_to_repeat(original)
    if original.queue is not None:
        definition = definition.in_queue(original.queue)
    if new_input is None:
        old_input = input_to_repeat(original, definition.declared)
        kept = await _kept_files(original, old_input, files)
        retry = replace(retry, files=kept, most_file_bytes=submissions.most_file_bytes)
        same_again = partial(
            _same_again, original, retry, definition, files.store, sees_all=call.caller.sees is None
        )
        submission = await submissions.judge.judge(old_input, same_again)
    else:
        submission = await submissions.judge.judge(new_input, partial(_changed, retry, definition))
    submission = submission._replace(submitter=submissions.submitter(call.caller))
    accepted = await accept(ledger, submission)
    name, queue, owner = submission.name, submission.queue, submission.owner
    if accepted.exists:
        again = await find(ledger, accepted.task_id, owner=None)
    else:
        again = new_task(
            accepted, name=name, queue=queue, owner=owner, retry_of=task_id, tags=original.tags,
            priority=original.priority or definition.priority,
        )  # fmt: skip
    return Answer(task_document(again, show_traceback=False), 202, **accepted_headers(accepted))


def _options_of(original: Original, settings: Settings, call: Call[RetryParameters, bytes | None]) -> Retry:
    # Where whoever asks has no trace, that of the first caller goes on.
    trace = call.parameters.trace or original.trace
    key = call.parameters.key(call.caller.owner)
    flow = Flow.from_json(original.flow) if original.flow else NO_FLOW
    return Retry(
        call.parameters.task_id, key, trace, key_ttl=settings.idempotency_ttl, queue=original.queue,
        tags=original.tags, flow=flow, notify=original.notify, priority=original.priority, fair=original.fair,
    )  # fmt: skip


async def _kept_files(original: Original, input_json: bytes, files: AsyncStore) -> tuple[Blob, ...]:
    """The large files of an input, which are kept from now on for a new task that names them. One that is gone fails the task."""
    kept = tuple(blob for blob in original.files if blob.digest.encode() in input_json)
    for blob in kept:
        with suppress(BlobGone):
            await files.touch(blob.digest)
    return kept


def cancellation(raw: bytes) -> CancelRequest:
    """An empty body asks for the defaults."""
    return body.validate(raw, CancelRequest) if raw else CancelRequest()


def _changed_input(raw: bytes) -> bytes | None:
    """The input that this body gives, if it gives one."""
    if not raw:
        return None
    body.validate(raw, RetryRequest, deepest=DEEPEST + 1)
    return member(raw, "input")


def _same_again(
    original: Original,
    retry: Retry,
    definition: PreparedDefinition,
    store: Store,
    input_json: bytes,
    *,
    sees_all: bool,
) -> Submission:
    """The same input, if the definition as it is now accepts it; the time limits are those of now, and so is the queue, unless the submission named one."""
    ids, when, dependencies = original.references, original.when, None
    digests = {blob.digest for blob in retry.files}
    named = NamedBlobs(store, digests.__contains__)
    with repeating(original, definition.declared):
        if ids:
            definition.fitting_with_references(input_json, after=ids, when=when, at="")
            dependencies = Dependencies(ids=ids, when=when, sees_all=sees_all, references=ids)
        else:
            definition.fitting(input_json, at="", blobs=named)
        flow = definition.flow_keys(retry.flow, input_json, at="")
        options = replace(retry.resolve(None, dependencies), flow=flow)
        return definition.submission(new_id(), input_json, options)


def _changed(retry: Retry, definition: PreparedDefinition, input_json: bytes) -> Submission:
    """As if it were submitted now, to the definition as it is now."""
    definition.fitting(input_json, at="/input")
    flow = definition.flow_keys(retry.flow, input_json, at="/input")
    return definition.submission(new_id(), input_json, replace(retry.resolve(input_json), flow=flow))


async def _delete(ledger: Ledger, call: Call[OfTask, None]) -> Response:
    task_id = call.parameters.task_id
    match await ledger.forget(task_id, owner=call.caller.sees):
        case Forgetting.OPEN:
            task = await find(ledger, task_id, owner=call.caller.sees)
            raise TaskNotEnded(
                f"Task {task_id} is {task.state}; cancel it first, or wait for its end.",
                task_id=task_id,
                state=task.state,
            )
        case Forgetting.UNKNOWN:
            raise not_found(task_id)
        case _:
            return Response(status_code=204)


def _cancel_route(handler: Handler) -> Route:
    return Route(
        method="POST",
        path="/tasks/{task_id}/cancel",
        scope=Scope.CANCEL,
        handler=handler,
        parameters=OfTask,
        body=Body(read=cancellation, documented=CancelRequest, default=CancelRequest(), required=False),
        operation_id="cancel_task",
        summary="Cancel a task.",
        description="A task that has not started never starts. A running task is asked to stop, or its process is ended.",
        tag="tasks",
        returns=TaskDocument,
        answers={
            200: {"description": "The task is cancelled."},
            202: {
                "description": "The task is running. Its worker gets the request.",
                "model": TaskDocument,
                "headers": {"Location": LOCATION, "Retry-After": RETRY_AFTER},
            },
            **problems(400, 404, 409, 410, 413, 415, 422, 503),
        },
    )


def _retry_route(handler: Handler) -> Route:
    return Route(
        method="POST",
        path="/tasks/{task_id}/retry",
        scope=Scope.SUBMIT,
        handler=handler,
        parameters=RetryParameters,
        body=Body(read=_changed_input, documented=RetryRequest, default=RetryRequest(), required=False),
        operation_id="retry_task",
        summary="Run an ended task again as a new task, with the same input or another.",
        tag="tasks",
        status=202,
        returns=TaskDocument,
        answers={
            202: {
                "description": "The new task; its `retry_of` is the id of this task.",
                "headers": {
                    "Location": LOCATION,
                    "Retry-After": RETRY_AFTER,
                    "Idempotent-Replayed": REPLAYED,
                },
            },
            **problems(400, 404, 409, 410, 413, 415, 422, 429, 503),
        },
    )


def _delete_route(handler: Handler) -> Route:
    return Route(
        method="DELETE",
        path="/tasks/{task_id}",
        scope=Scope.CANCEL,
        handler=handler,
        parameters=OfTask,
        operation_id="delete_task",
        summary="Delete an ended task before it expires.",
        tag="tasks",
        status=204,
        answers={
            204: {"description": "The task is forgotten, now or earlier."},
            **problems(404, 409, 422, 503),
        },
    )
