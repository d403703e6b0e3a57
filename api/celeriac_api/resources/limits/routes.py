"""Declares the routes of limits."""

from celeriac.access.scopes import Scope
from celeriac_api.request.call import Body
from celeriac_api.resources.limits.documents import Limit, LimitPage, LimitRequest
from celeriac_api.resources.limits.handlers import Handlers
from celeriac_api.resources.limits.parameters import ListParameters, OfLimit
from celeriac_api.response.openapi import problems
from celeriac_api.server.route import Route

PATH = "/limits/{key:path}"
EXAMPLE = {"limit": 2, "rate": "10/s"}


def routes(handlers: Handlers) -> list[Route]:
    """`/limits` and `/limits/{key}`."""
    return [_list_route(handlers), _get_route(handlers), _put_route(handlers), _delete_route(handlers)]


def _list_route(handlers: Handlers) -> Route:
    return Route(
        method="GET",
        path="/limits",
        scope=Scope.READ,
        handler=handlers.list_all,
        parameters=ListParameters,
        operation_id="list_limits",
        summary="List the keys of `concurrency` and `throttle` that are in use.",
        tag="limits",
        returns=LimitPage,
        answers={200: {"description": "A page of keys."}, **problems(422, 503)},
    )


def _get_route(handlers: Handlers) -> Route:
    return Route(
        method="GET",
        path=PATH,
        scope=Scope.READ,
        handler=handlers.get,
        parameters=OfLimit,
        operation_id="get_limit",
        summary="Get the rules of a key, with the tasks that it holds.",
        tag="limits",
        returns=Limit,
        answers={200: {"description": "The key."}, **problems(404, 422, 503)},
    )


def _put_route(handlers: Handlers) -> Route:
    return Route(
        method="PUT",
        path=PATH,
        scope=Scope.OPERATE,
        handler=handlers.put,
        parameters=OfLimit,
        body=Body(read=handlers.read, documented=LimitRequest, examples=[EXAMPLE]),
        operation_id="put_limit",
        summary="Set rules of a key, which go before those of submissions.",
        description="They hold at once, also for tasks that wait, and until they are deleted.",
        tag="limits",
        returns=Limit,
        answers={
            200: {"description": "The key had such rules, and has these now."},
            201: {"description": "The key has these rules now.", "model": Limit},
            **problems(400, 404, 413, 415, 422, 503),
        },
    )


def _delete_route(handlers: Handlers) -> Route:
    return Route(
        method="DELETE",
        path=PATH,
        scope=Scope.OPERATE,
        handler=handlers.delete,
        parameters=OfLimit,
        operation_id="delete_limit",
        summary="Delete the rules that were set for a key. Those of submissions hold again.",
        tag="limits",
        status=204,
        answers={204: {"description": "They are deleted."}, **problems(404, 422, 503)},
    )
