"""Submitting: one operation for each task definition, `POST /{name}`, and `POST /tasks` for all of them."""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Annotated, Any

from fastapi import Body, FastAPI
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from celeriac.contract.catalog import Catalog, Validators
from celeriac.contract.definition import Definition
from celeriac.ledger.ledger import Ledger
from celeriac.ledger.live.event_streams import Feed
from celeriac.ledger.model.submission import Accepted
from celeriac.settings import Settings
from celeriac_api.acceptance import stream_headers
from celeriac_api.request import body
from celeriac_api.request.accept_header import EVENTS
from celeriac_api.request.generic_submission import GenericSubmission, documented_submission
from celeriac_api.request.json_text import member
from celeriac_api.request.judgement import Judge
from celeriac_api.request.options import ETA, KNOWN, Delay, Expires, IdempotencyKey, Traceparent
from celeriac_api.request.parameters import refuse_unknown
from celeriac_api.request.strict_json import DEEPEST
from celeriac_api.request.task_id import asked_id
from celeriac_api.response.errors import MalformedJSON, UnknownTaskName
from celeriac_api.response.near_names import listed, shown, suggestion
from celeriac_api.response.openapi import (
    LOCATION,
    PREFERENCE_APPLIED,
    REPLAYED,
    RETRY_AFTER,
    Responses,
    problems,
)
from celeriac_api.response.task_document import TaskDocument
from celeriac_api.routes.events import EVENT, task_stream
from celeriac_api.routes.task import TaskID
from celeriac_api.server.route import Handler, Prefer, Wait, add_route
from celeriac_api.submissions import Door

ANSWERS: Responses = {
    200: {
        "description": "Ended within the wait. With `Accept: text/event-stream`: what happens to the task, to its end.",
        "model": TaskDocument,
        "content": {EVENTS: {"schema": EVENT}},
        "headers": {
            "Location": LOCATION,
            "Preference-Applied": PREFERENCE_APPLIED,
            "Idempotent-Replayed": REPLAYED,
        },
    },
    202: {
        "description": "Accepted.",
        "headers": {
            "Location": LOCATION,
            "Retry-After": RETRY_AFTER,
            "Preference-Applied": PREFERENCE_APPLIED,
            "Idempotent-Replayed": REPLAYED,
        },
    },
}


def install(
    app: FastAPI,
    catalog: Catalog,
    validators: Validators,
    settings: Settings,
    doors: Mapping[str, Door],
    judge: Judge,
) -> None:
    """Serve `POST /{name}` for every definition of the catalog, and `POST /tasks`."""
    for name, definition in catalog.items():
        _add_definition(app, definition, validators[name], _handler(doors[name], settings, judge))
    submission = documented_submission(catalog, validators)
    _add_generic(app, catalog, submission, _generic_handler(doors, settings, judge))
    _add_put(app, catalog, submission, _put_handler(doors, settings, judge))


def doors_of(
    catalog: Catalog, validators: Validators, settings: Settings, ledger: Ledger, feed: Feed, judge: Judge
) -> dict[str, Door]:
    """The door of each definition, by its name."""

    def stream(accepted: Accepted) -> Response:
        headers = stream_headers(accepted)
        return task_stream(settings, ledger, feed, accepted.task_id, headers=headers)

    return {
        name: Door(definition, validators[name], settings, ledger, stream, judge)
        for name, definition in catalog.items()
    }


def _handler(door: Door, settings: Settings, judge: Judge) -> Handler:
    async def submit(request: Request) -> Response:
        refuse_unknown(request, known=KNOWN)
        raw = await body.read_json(request, largest=settings.max_body_bytes)
        return await door.submit(request, await judge.judge(raw, door.checked))

    return submit


def _generic_handler(doors: Mapping[str, Door], settings: Settings, judge: Judge) -> Handler:
    async def submit(request: Request) -> Response:
        refuse_unknown(request, known=KNOWN)
        raw = await body.read_json(request, largest=settings.max_body_bytes)
        door, input_json = await judge.judge(raw, partial(_read_generic, doors))
        return await door.submit(request, input_json)

    return submit


def _put_handler(doors: Mapping[str, Door], settings: Settings, judge: Judge) -> Handler:
    async def submit(request: Request) -> Response:
        refuse_unknown(request, known=KNOWN)
        task_id = asked_id(request)
        raw = await body.read_json(request, largest=settings.max_body_bytes)
        door, input_json = await judge.judge(raw, partial(_read_generic, doors))
        return await door.submit_as(request, task_id, input_json)

    return submit


def _read_generic(doors: Mapping[str, Door], raw: bytes) -> tuple[Door, bytes]:
    """The door that this body names, and the input, which is valid there."""
    if not raw:
        raise MalformedJSON('The body is empty: send a JSON object such as {"name": "add", "input": {}}.')
    submission = body.validate(raw, GenericSubmission, deepest=DEEPEST + 1)
    door = doors.get(submission.name)
    if door is None:
        raise unknown_task_name(submission.name, doors)
    return door, door.fitting(member(raw, "input") or b"{}", at="/input")


def unknown_task_name(name: str, known: Collection[str]) -> UnknownTaskName:
    """The refusal of a name that no definition has."""
    return UnknownTaskName(
        f"There is no task named {shown(name)}.{suggestion(name, known)} There are: {listed(known)}. "
        "Task definitions are read at the start: restart the API and the workers after adding one."
    )


def _add_definition(
    app: FastAPI, definition: Definition, input_model: type[BaseModel], handler: Handler
) -> None:
    examples = list(definition.examples) or None

    async def documented(
        body: Annotated[input_model, Body(examples=examples)],  # type: ignore[valid-type]  # the model is made at start
        wait: Wait = None,
        prefer: Prefer = None,
        delay: Delay = None,
        eta: ETA = None,
        expires: Expires = None,
        idempotency_key: IdempotencyKey = None,
        traceparent: Traceparent = None,
    ) -> TaskDocument:
        raise NotImplementedError

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
        openapi_extra={"requestBody": {"required": bool(definition.required)}},
        responses={**ANSWERS, **problems(400, 413, 415, 422, 503)},
    )


def _add_generic(app: FastAPI, catalog: Catalog, submission: Any, handler: Handler) -> None:
    names = list(catalog)
    example = {"name": names[0], "input": next(iter(catalog[names[0]].examples), {})}

    async def documented(
        body: Annotated[submission, Body(examples=[example])],
        wait: Wait = None,
        prefer: Prefer = None,
        delay: Delay = None,
        eta: ETA = None,
        expires: Expires = None,
        idempotency_key: IdempotencyKey = None,
        traceparent: Traceparent = None,
    ) -> TaskDocument:
        raise NotImplementedError

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


def _add_put(app: FastAPI, catalog: Catalog, submission: Any, handler: Handler) -> None:
    names = list(catalog)
    example = {"name": names[0], "input": next(iter(catalog[names[0]].examples), {})}

    async def documented(
        task_id: TaskID,
        body: Annotated[submission, Body(examples=[example])],
        wait: Wait = None,
        prefer: Prefer = None,
        delay: Delay = None,
        eta: ETA = None,
        expires: Expires = None,
        traceparent: Traceparent = None,
    ) -> TaskDocument:
        raise NotImplementedError

    add_route(
        app,
        "PUT",
        "/tasks/{task_id}",
        handler,
        documented,
        operation_id="put_task",
        summary="Submit a task under an id of your own.",
        description="The id, a UUID, is the key: the same submission again is answered as before, and runs once.",
        tags=["submit"],
        status_code=202,
        responses={**ANSWERS, **problems(400, 404, 410, 413, 415, 422, 503)},
    )
