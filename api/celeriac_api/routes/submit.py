"""Submits tasks: `POST /{name}` for each definition, and `POST /tasks` for all."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import islice

from pydantic import BaseModel
from starlette.responses import Response

from celeriac.access.scopes import Scope
from celeriac.contract.definition import Definition
from celeriac.files.parameters import UploadParameters
from celeriac.ledger.model.dependencies import When
from celeriac.ledger.model.states import State
from celeriac.ledger.model.submission import Accepted
from celeriac.ledger.model.task import Task
from celeriac.settings import Settings
from celeriac_api.acceptance import accepted_headers, stream_headers
from celeriac_api.access.caller import Caller
from celeriac_api.definitions.input_models import InputModels
from celeriac_api.definitions.live_catalog import LiveCatalog
from celeriac_api.definitions.prepared import ValidInput
from celeriac_api.files.large_inputs import LargeInputs
from celeriac_api.files.serving import Serving
from celeriac_api.request import body
from celeriac_api.request.accept_header import EVENTS, prefers_events
from celeriac_api.request.call import Body, Call
from celeriac_api.request.fields import Fields
from celeriac_api.request.json_text import member
from celeriac_api.request.schema.strict_json import DEEPEST
from celeriac_api.request.submission.generic_submission import GenericSubmission, documented_submission
from celeriac_api.request.submission.submission_parameters import (
    PutParameters,
    SubmissionParameters,
    Submitting,
)
from celeriac_api.request.upload.body import Upload
from celeriac_api.request.upload.received import Received
from celeriac_api.response.address import address
from celeriac_api.response.errors import MalformedJSON, ResultGone
from celeriac_api.response.failure_details import not_succeeded
from celeriac_api.response.files.form_schemas import media_of
from celeriac_api.response.json_bytes import Answer
from celeriac_api.response.openapi import (
    LOCATION,
    PREFERENCE_APPLIED,
    REPLAYED,
    RETRY_AFTER,
    Responses,
    problems,
)
from celeriac_api.response.task_document import TaskDocument, fill, task_document
from celeriac_api.routes.events import EVENT, Streams
from celeriac_api.server.route import Handler, Route
from celeriac_api.submissions import Submissions

ANSWERS: Responses = {
    200: {
        "description": "The task ended within the wait. With `Accept: text/event-stream`: the events of the task until its end.",
        "model": TaskDocument,
        "content": {EVENTS: {"schema": EVENT}},
        "headers": {
            "Location": LOCATION,
            "Preference-Applied": PREFERENCE_APPLIED,
            "Idempotent-Replayed": REPLAYED,
        },
    },
    202: {
        "description": "The task is accepted.",
        "headers": {
            "Location": LOCATION,
            "Retry-After": RETRY_AFTER,
            "Preference-Applied": PREFERENCE_APPLIED,
            "Idempotent-Replayed": REPLAYED,
        },
    },
}


# The route of a definition, by one of its names.
RouteOf = Callable[[Definition, str], Route]


def routes(
    settings: Settings,
    catalog: LiveCatalog,
    input_models: InputModels,
    submissions: Submissions,
    streams: Streams,
    large: LargeInputs,
    serving: Serving,
) -> list[Route]:
    """`POST /tasks`, and `PUT /tasks/{task_id}`."""
    submit = partial(_submit, settings, submissions, streams, large, serving)
    body_with_name = _named_body(catalog, input_models, submissions)
    return [_by_name(body_with_name, submit), _under_own_id(body_with_name, submit)]


def route_of(
    settings: Settings,
    input_models: InputModels,
    submissions: Submissions,
    streams: Streams,
    large: LargeInputs,
    serving: Serving,
) -> RouteOf:
    """What makes `POST /{name}`."""
    submit = partial(_submit, settings, submissions, streams, large, serving)

    def make(definition: Definition, path: str) -> Route:
        return _of_definition(
            definition, path, input_models.of(definition), submissions, submit, large.receive
        )

    return make


async def _submit(
    settings: Settings,
    submissions: Submissions,
    streams: Streams,
    large: LargeInputs,
    serving: Serving,
    call: Call[Submitting, ValidInput],
) -> Response:
    """202 with the task document; 200 if it ended while the client was ready to wait, or if it wants the events."""
    parameters, valid = call.parameters, call.body
    task_id, seconds = parameters.own_id, parameters.seconds
    caller = call.caller
    options = parameters.options(caller.owner, valid.options)
    if options is not None and valid.references:
        await submissions.refuse_misfits(valid, when=options.when, caller=caller, at="/input")
        options = replace(options, references=valid.needed)
    if options is not None and options.queue is not None:
        pointer = "?queue" if parameters.queue else "/queue"
        valid = await submissions.in_queue(valid, options.queue, at=pointer)
    valid = valid.with_options(options)
    if len(valid.json) > large.inline_bytes and not valid.files:
        name, at = valid.definition.name, valid.at
        moved, blobs = await large.moved(name, valid.json, caller, call.fields, at=at)
        valid = replace(valid, json=moved, files=blobs)
    if prefers_events(call.fields):
        with streams.place(caller) as place:
            accepted = await submissions.accept(valid, options, task_id=task_id, caller=caller)
            return streams.of_task(accepted.task_id, place, headers=stream_headers(accepted))
    if seconds is None:
        accepted = await submissions.accept(valid, options, task_id=task_id, caller=caller)
        if accepted.exists:
            content = await _existing(settings, submissions, valid, accepted, caller)
        else:
            content = _document(valid, accepted, caller.owner)
        return Answer(content, 202, **accepted_headers(accepted))
    with submissions.waits.seat(caller):
        accepted, task = await submissions.accept_and_wait(
            valid, options, task_id=task_id, caller=caller, seconds=seconds, until_gone=call.until_gone
        )
    if task is not None and task.ready and serving.wants_file(task.name, call.fields):
        details = caller.sees_details(settings)
        if task.state is not State.SUCCEEDED:
            raise not_succeeded(
                task, all_of_it=details, headers={"Location": address(f"/tasks/{task.task_id}")}
            )
        headers = accepted_headers(accepted) | {"preference_applied": f"wait={seconds}"}
        del headers["retry_after"]
        if file := await serving.at_once(task, call.fields, owner=caller.sees, headers=headers):
            return file
    return _after_wait(accepted, task, seconds, show_traceback=caller.sees_details(settings))


async def _existing(
    settings: Settings, submissions: Submissions, valid: ValidInput, accepted: Accepted, caller: Caller
) -> bytes:
    """The document of the task that has the unique key."""
    task = await submissions.task_of(valid, accepted, caller)
    return task_document(task, show_traceback=caller.sees_details(settings))


def _document(valid: ValidInput, accepted: Accepted, owner: str) -> bytes:
    """The document of a task as it was accepted; that of most is a template, filled."""
    if (
        accepted.state is State.QUEUED
        and not valid.tags
        and valid.priority is None
        and accepted.trace_id is None
        and accepted.due_at is None
    ):
        template = valid.definition.queued
        return fill(template, task_id=accepted.task_id, created_at=accepted.created_at, owner=owner)
    return task_document(valid.new_task(accepted, owner=owner), show_traceback=False)


def _after_wait(accepted: Accepted, task: Task | None, seconds: int, *, show_traceback: bool) -> Response:
    if task is None:
        raise ResultGone(
            "The task was accepted, but another program that uses this Redis deleted its record."
        )
    content = task_document(task, show_traceback=show_traceback)
    headers = accepted_headers(accepted) | {"preference_applied": f"wait={seconds}"}
    if task.ready:
        del headers["retry_after"]
        return Answer(content, 200, **headers)
    return Answer(content, 202, **headers)


def _read_named(submissions: Submissions, caller: Caller, raw: bytes) -> ValidInput:
    """The input of a body that names its definition, of which the caller may submit tasks."""
    if not raw:
        raise MalformedJSON('The body is empty: send a JSON object such as {"name": "add", "input": {}}.')
    submission = body.validate(raw, GenericSubmission, deepest=DEEPEST + 1)
    definition = submissions.definition(submission.name)
    caller.require_submit(definition.name)
    input_json = member(raw, "input") or b"{}"
    if submission.after:
        after, when = submission.after, submission.when or When.SUCCEEDED
        valid = definition.fitting_with_references(input_json, after=after, when=when, at="/input")
    else:
        valid = definition.fitting(input_json, at="/input")
    valid.options = submission.given()
    return valid


def _of_definition(
    definition: Definition,
    path: str,
    validator: type[BaseModel] | None,
    submissions: Submissions,
    submit: Handler,
    receive_into: Callable[[Caller, Fields], Received],
) -> Route:
    name, prepared = definition.name, submissions.definition(definition.name)
    parameters = UploadParameters.of(definition.input_schema)
    has_files = bool(parameters.files)
    return Route(
        method="POST",
        path=f"/{path}",
        scope=Scope.SUBMIT,
        is_submission=True,
        definition=name,
        handler=submit,
        parameters=SubmissionParameters,
        body=Body(
            read=prepared.checked,
            upload=Upload(parameters, receive_into, prepared.checked_upload) if has_files else None,
            other_media=media_of(parameters) if has_files else None,
            documented=validator,
            examples=definition.examples,
            required=bool(definition.required),
        ),
        operation_id=name,
        summary=definition.summary,
        description=definition.description,
        tag="submit",
        status=202,
        returns=TaskDocument,
        answers={**ANSWERS, **problems(400, 413, 415, 422, 429, 503)},
    )


def _by_name(body_with_name: Body[ValidInput], submit: Handler) -> Route:
    return Route(
        method="POST",
        path="/tasks",
        scope=Scope.SUBMIT,
        is_submission=True,
        handler=submit,
        parameters=SubmissionParameters,
        body=body_with_name,
        operation_id="submit_task",
        summary="Submit a task by its name.",
        description="The same as `POST /{name}`, with the name in the body.",
        tag="submit",
        status=202,
        returns=TaskDocument,
        answers={**ANSWERS, **problems(400, 404, 413, 415, 422, 429, 503)},
    )


def _under_own_id(body_with_name: Body[ValidInput], submit: Handler) -> Route:
    return Route(
        method="PUT",
        path="/tasks/{task_id}",
        scope=Scope.SUBMIT,
        is_submission=True,
        handler=submit,
        parameters=PutParameters,
        body=body_with_name,
        operation_id="put_task",
        summary="Submit a task under an id of your own.",
        description="The id, a UUID, is the idempotency key: a repeated submission gets the first answer again, and the task runs once.",
        tag="submit",
        status=202,
        returns=TaskDocument,
        answers={**ANSWERS, **problems(400, 404, 409, 410, 413, 415, 422, 429, 503)},
    )


def _named_body(
    catalog: LiveCatalog, input_models: InputModels, submissions: Submissions
) -> Body[ValidInput]:
    examples = [
        {"name": name, "input": next(iter(definition.examples), {})}
        for name, definition in islice(catalog.items(), 1)
    ]
    return Body(
        read_for=lambda caller: partial(_read_named, submissions, caller),
        documented=documented_submission(catalog.loaded, input_models.of),
        examples=examples,
    )
