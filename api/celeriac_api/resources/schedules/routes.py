"""Declares the routes of schedules."""

from functools import partial
from typing import Any

from celeriac.access.scopes import Scope
from celeriac_api.request.call import Body
from celeriac_api.resources.schedules.documents import (
    DueTimesDocument,
    Schedule,
    SchedulePage,
    ScheduleRequest,
)
from celeriac_api.resources.schedules.handlers import Handlers
from celeriac_api.resources.schedules.parameters import (
    ListParameters,
    NextParameters,
    OfSchedule,
    PutParameters,
)
from celeriac_api.response.openapi import LOCATION, RETRY_AFTER, Responses, problems
from celeriac_api.response.task_document import TaskDocument
from celeriac_api.server.route import Route

EXAMPLE = {"submit": {"name": "add", "input": {"x": 4, "y": 5}}, "cron": "0 3 * * *", "zone": "Europe/Berlin"}


def routes(handlers: Handlers) -> list[Route]:
    """`/schedules`, `/schedules/{name}`, and what can be done with one."""
    return [
        _put_route(handlers),
        _list_route(handlers),
        _get_route(handlers),
        _next_route(handlers),
        _change_route("pause", "Pause a schedule.", handlers.pause),
        _change_route(
            "resume",
            "Resume a paused schedule. Due times that passed meanwhile are not caught up.",
            handlers.resume,
        ),
        _run_route(handlers),
        _delete_route(handlers),
    ]


def _put_route(handlers: Handlers) -> Route:
    return Route(
        method="PUT",
        path="/schedules/{name}",
        scope=Scope.SUBMIT,
        handler=handlers.put,
        parameters=PutParameters,
        body=Body(
            read_for=lambda caller: partial(handlers.read, caller),
            documented=ScheduleRequest,
            examples=[EXAMPLE],
        ),
        operation_id="put_schedule",
        summary="Submit a task again and again.",
        description="Each due time is one task, submitted once, within a second, by whichever process of the API is running. The "
        "schedule and its tasks belong to the owner of the key.",
        tag="schedules",
        returns=Schedule,
        answers={
            200: {"description": "The schedule was there, and has these rules now."},
            201: {"description": "The new schedule.", "model": Schedule, "headers": {"Location": LOCATION}},
            **problems(400, 404, 409, 413, 415, 422, 503),
        },
    )


def _list_route(handlers: Handlers) -> Route:
    return Route(
        method="GET",
        path="/schedules",
        scope=Scope.READ,
        handler=handlers.list_all,
        parameters=ListParameters,
        operation_id="list_schedules",
        summary="List schedules by owner and name.",
        tag="schedules",
        returns=SchedulePage,
        answers={200: {"description": "A page of schedules."}, **problems(422, 503)},
    )


def _get_route(handlers: Handlers) -> Route:
    return Route(
        method="GET",
        path="/schedules/{name}",
        scope=Scope.READ,
        handler=handlers.get,
        parameters=OfSchedule,
        operation_id="get_schedule",
        summary="Get a schedule.",
        tag="schedules",
        returns=Schedule,
        answers={200: {"description": "The schedule."}, **problems(404, 422, 503)},
    )


def _next_route(handlers: Handlers) -> Route:
    return Route(
        method="GET",
        path="/schedules/{name}/next",
        scope=Scope.READ,
        handler=handlers.due_times,
        parameters=NextParameters,
        operation_id="list_due_times",
        summary="List the next due times of a schedule.",
        tag="schedules",
        returns=DueTimesDocument,
        answers={200: {"description": "The due times, the next one first."}, **problems(404, 422, 503)},
    )


def _change_route(action: str, summary: str, handler: Any) -> Route:
    return Route(
        method="POST",
        path=f"/schedules/{{name}}/{action}",
        scope=Scope.SUBMIT,
        handler=handler,
        parameters=OfSchedule,
        operation_id=f"{action}_schedule",
        summary=summary,
        tag="schedules",
        returns=Schedule,
        answers={200: {"description": "The schedule as it is now."}, **problems(404, 422, 503)},
    )


def _run_route(handlers: Handlers) -> Route:
    answers: Responses = {
        202: {
            "description": "The task is accepted.",
            "headers": {"Location": LOCATION, "Retry-After": RETRY_AFTER},
        },
        **problems(404, 422, 429, 503),
    }
    return Route(
        method="POST",
        path="/schedules/{name}/run",
        scope=Scope.SUBMIT,
        is_submission=True,
        handler=handlers.run,
        parameters=OfSchedule,
        operation_id="run_schedule",
        summary="Submit the task of a schedule now.",
        description="The due times of the schedule stay as they are, and `overlap` does not look at this task.",
        tag="schedules",
        status=202,
        returns=TaskDocument,
        answers=answers,
    )


def _delete_route(handlers: Handlers) -> Route:
    return Route(
        method="DELETE",
        path="/schedules/{name}",
        scope=Scope.SUBMIT,
        handler=handlers.delete,
        parameters=OfSchedule,
        operation_id="delete_schedule",
        summary="Delete a schedule. Its tasks stay.",
        tag="schedules",
        status=204,
        answers={204: {"description": "The schedule is deleted."}, **problems(404, 409, 422, 503)},
    )
