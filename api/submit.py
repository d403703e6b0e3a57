"""Submitting: one operation for each task definition, `POST /{name}`, and `POST /tasks` for all of them."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Body, FastAPI
from starlette.requests import Request
from starlette.responses import Response

from api import body
from api.acceptance import stream_headers
from api.document import TaskDocument
from api.door import Door
from api.errors import UnknownTaskName
from api.events import EVENT, task_stream
from api.lookup import asked_id
from api.members import member
from api.negotiation import EVENTS
from api.options import ETA, KNOWN, Delay, Expires, IdempotencyKey, Traceparent
from api.query import refuse_unknown
from api.responses import LOCATION, PREFERENCE_APPLIED, REPLAYED, RETRY_AFTER, Responses, problems
from api.route import Handler, Prefer, Wait, add_route
from api.submission import GenericSubmission, documented_submission
from api.tasks import TaskID
from ledger.feed import Feed
from ledger.ledger import Ledger
from ledger.settings import Settings
from ledger.submission import Accepted
from worker.catalog import Catalog
from worker.contract import Definition

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


def install(app: FastAPI, catalog: Catalog, settings: Settings, ledger: Ledger, feed: Feed) -> None:
    """Serve `POST /{name}` for every definition of the catalog, and `POST /tasks`."""

    def stream(accepted: Accepted) -> Response:
        headers = stream_headers(accepted)
        return task_stream(settings, ledger, feed, accepted.task_id, headers=headers)

    doors = {name: Door(definition, settings, ledger, stream) for name, definition in catalog.items()}
    for definition in catalog.values():
        _add_definition(app, definition, _handler(doors[definition.name], settings))
    _add_generic(app, catalog, _generic_handler(doors, settings))
    _add_put(app, catalog, _put_handler(doors, settings))


def _handler(door: Door, settings: Settings) -> Handler:
    async def submit(request: Request) -> Response:
        refuse_unknown(request, known=KNOWN)
        return await door.submit(request, await body.read_json(request, largest=settings.max_body_bytes))

    return submit


def _generic_handler(doors: Mapping[str, Door], settings: Settings) -> Handler:
    async def submit(request: Request) -> Response:
        refuse_unknown(request, known=KNOWN)
        door, input_json = await _read_generic(request, doors, settings)
        return await door.submit(request, input_json, at="/input")

    return submit


def _put_handler(doors: Mapping[str, Door], settings: Settings) -> Handler:
    async def submit(request: Request) -> Response:
        refuse_unknown(request, known=KNOWN)
        task_id = asked_id(request)
        door, input_json = await _read_generic(request, doors, settings)
        return await door.submit_as(request, task_id, input_json, at="/input")

    return submit


async def _read_generic(
    request: Request, doors: Mapping[str, Door], settings: Settings
) -> tuple[Door, bytes]:
    raw = await body.read_json(request, largest=settings.max_body_bytes)
    submission = body.validate(raw, GenericSubmission)
    door = doors.get(submission.name)
    if door is None:
        raise UnknownTaskName(
            f"There is no task named {submission.name[:100]!r}; there are: {', '.join(doors)}."
        )
    return door, member(raw, "input") or b"{}"


def _add_definition(app: FastAPI, definition: Definition, handler: Handler) -> None:
    input_model = definition.input_model
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
        responses={**ANSWERS, **problems(400, 413, 415, 422, 503)},
    )


def _add_generic(app: FastAPI, catalog: Catalog, handler: Handler) -> None:
    names = list(catalog)
    example = {"name": names[0], "input": next(iter(catalog[names[0]].examples), {})}
    submission = documented_submission(catalog)

    async def documented(
        body: Annotated[submission, Body(examples=[example])],  # type: ignore[valid-type]  # made at start, too
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


def _add_put(app: FastAPI, catalog: Catalog, handler: Handler) -> None:
    names = list(catalog)
    example = {"name": names[0], "input": next(iter(catalog[names[0]].examples), {})}
    submission = documented_submission(catalog)

    async def documented(
        task_id: TaskID,
        body: Annotated[submission, Body(examples=[example])],  # type: ignore[valid-type]  # made at start, too
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
