"""Submitting: one operation for each task definition, `POST /{name}`, and `POST /tasks` for all of them."""

from collections.abc import Callable, Coroutine, Mapping
from typing import Annotated, Any
from uuid import uuid4

from fastapi import Body, FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from api import body
from api.document import TaskDocument, queued, task_document
from api.errors import UnknownTaskName
from api.query import refuse_unknown
from api.responses import LOCATION, RETRY_AFTER, problems
from ledger.ledger import Ledger, Submission
from ledger.settings import Settings
from ledger.wire import envelope
from worker.catalog import Catalog
from worker.contract import Definition

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

ACCEPTED = {"description": "Accepted.", "headers": {"Location": LOCATION, "Retry-After": RETRY_AFTER}}


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

    async def accept(self, input_json: bytes, *, at: str = "") -> Response:
        """202 with the task document. Nothing is written before the input (at JSON pointer `at`) is valid."""
        body.validate(input_json, self._input_model, at=at)
        task_id = str(uuid4())
        message = self._envelope.message(task_id, input_json)
        created_at = await self._ledger.accept(Submission(task_id, self._name, self._queue, message))
        task = queued(task_id, name=self._name, queue=self._queue, created_at=created_at)
        headers = {"Location": f"/tasks/{task_id}", "Retry-After": "1"}
        return Response(task_document(task, show_traceback=False), 202, headers, "application/json")


def install(app: FastAPI, catalog: Catalog, settings: Settings, ledger: Ledger) -> None:
    """Serve `POST /{name}` for every definition of the catalog, and `POST /tasks`."""
    doors = {name: Door(definition, settings, ledger) for name, definition in catalog.items()}
    for definition in catalog.values():
        _add_definition(app, definition, _handler(doors[definition.name], settings))
    _add_generic(app, catalog, _generic_handler(doors, settings))


def _handler(door: Door, settings: Settings) -> Handler:
    async def submit(request: Request) -> Response:
        refuse_unknown(request)
        return await door.accept(await body.read_json(request, largest=settings.max_body_bytes))

    return submit


def _generic_handler(doors: Mapping[str, Door], settings: Settings) -> Handler:
    async def submit(request: Request) -> Response:
        refuse_unknown(request)
        raw = await body.read_json(request, largest=settings.max_body_bytes)
        submission = body.validate(raw, GenericSubmission)
        door = doors.get(submission.name)
        if door is None:
            raise UnknownTaskName(f"There is no task named {submission.name[:100]!r}; there are: {', '.join(doors)}.")
        return await door.accept(body.member(raw, "input") or b"{}", at="/input")

    return submit


def _add_definition(app: FastAPI, definition: Definition, handler: Handler) -> None:
    input_model = definition.input_model
    examples = list(definition.examples) or None

    async def documented(body: Annotated[input_model, Body(examples=examples)]) -> TaskDocument:  # type: ignore[valid-type]  # made at start
        raise NotImplementedError  # its signature is what OpenAPI shows; `handler` is what runs

    app.router.add_api_route(
        f"/{definition.name}",
        documented,
        methods=["POST"],
        tags=["submit"],
        status_code=202,
        name=definition.name,
        operation_id=definition.name,
        summary=definition.summary,
        description=definition.description,
        responses={202: ACCEPTED, **problems(400, 413, 415, 422, 503)},
        route_class_override=_route_class(handler),
    )


def _add_generic(app: FastAPI, catalog: Catalog, handler: Handler) -> None:
    names = list(catalog)
    example = {"name": names[0], "input": next(iter(catalog[names[0]].examples), {})}

    async def documented(body: Annotated[GenericSubmission, Body(examples=[example])]) -> TaskDocument:
        raise NotImplementedError  # as above

    app.router.add_api_route(
        "/tasks",
        documented,
        methods=["POST"],
        tags=["submit"],
        status_code=202,
        operation_id="submit_task",
        summary="Submit a task by its name.",
        description=f"The same as `POST /{{name}}`, with the name in the body. Names: {', '.join(names)}.",
        responses={202: ACCEPTED, **problems(400, 404, 413, 415, 422, 503)},
        route_class_override=_route_class(handler),
    )


def _route_class(handler: Handler) -> type[APIRoute]:
    """FastAPI documents the endpoint; the handler answers, without FastAPI's generic way from body to arguments."""

    class ShortRoute(APIRoute):
        def get_route_handler(self) -> Handler:
            return handler

    return ShortRoute
