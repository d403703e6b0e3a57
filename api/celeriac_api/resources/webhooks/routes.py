"""Declares the routes of webhooks and deliveries."""

from typing import Any

from celeriac.access.scopes import Scope
from celeriac_api.request.call import Body
from celeriac_api.resources.webhooks.documents import DeliveryDocument, DeliveryPage, SecretDocument
from celeriac_api.resources.webhooks.endpoints import Endpoint, EndpointList, EndpointRequest
from celeriac_api.resources.webhooks.handlers import Handlers
from celeriac_api.resources.webhooks.parameters import ListParameters, OfDelivery, OfEndpoint, OfOwner
from celeriac_api.response.openapi import LOCATION, problems
from celeriac_api.server.route import Route

EXAMPLE = {"url": "https://shop.example/hooks/celeriac", "on": ["failed", "expired"]}
TAG = "webhooks"


def routes(handlers: Handlers) -> list[Route]:
    """`/webhooks`, `/webhooks/secret` and `/deliveries`."""
    return [
        _put_route(handlers),
        _list_route(handlers),
        _get_route(handlers),
        _delete_route(handlers),
        _secret_route(handlers),
        *_delivery_routes(handlers),
    ]


def _put_route(handlers: Handlers) -> Route:
    return Route(
        method="PUT",
        path="/webhooks/{name}",
        scope=Scope.WEBHOOKS,
        handler=handlers.put_endpoint,
        parameters=OfEndpoint,
        body=Body(read=handlers.read_endpoint, documented=EndpointRequest, examples=[EXAMPLE]),
        operation_id="put_endpoint",
        summary="Send the ends of all tasks of an owner to a URL.",
        description="It gets the ends of the tasks that are accepted from now on. An owner has at most 10 endpoints.",
        tag=TAG,
        returns=Endpoint,
        answers={
            200: {"description": "The endpoint was there, and has these rules now."},
            201: {"description": "The new endpoint.", "model": Endpoint, "headers": {"Location": LOCATION}},
            **problems(400, 404, 409, 413, 415, 422, 503),
        },
    )


def _list_route(handlers: Handlers) -> Route:
    return Route(
        method="GET",
        path="/webhooks",
        scope=Scope.READ,
        handler=handlers.list_endpoints,
        parameters=OfOwner,
        operation_id="list_endpoints",
        summary="List the endpoints of an owner by name.",
        tag=TAG,
        returns=EndpointList,
        answers={200: {"description": "All endpoints of the owner."}, **problems(422, 503)},
    )


def _get_route(handlers: Handlers) -> Route:
    return Route(
        method="GET",
        path="/webhooks/{name}",
        scope=Scope.READ,
        handler=handlers.get_endpoint,
        parameters=OfEndpoint,
        operation_id="get_endpoint",
        summary="Get an endpoint.",
        tag=TAG,
        returns=Endpoint,
        answers={200: {"description": "The endpoint."}, **problems(404, 422, 503)},
    )


def _delete_route(handlers: Handlers) -> Route:
    return Route(
        method="DELETE",
        path="/webhooks/{name}",
        scope=Scope.WEBHOOKS,
        handler=handlers.delete_endpoint,
        parameters=OfEndpoint,
        operation_id="delete_endpoint",
        summary="Delete an endpoint. Deliveries that are due to it are not sent.",
        tag=TAG,
        status=204,
        answers={204: {"description": "The endpoint is deleted."}, **problems(404, 422, 503)},
    )


def _secret_route(handlers: Handlers) -> Route:
    return Route(
        method="POST",
        path="/webhooks/secret/rotate",
        scope=Scope.WEBHOOKS,
        handler=handlers.rotate_secret,
        parameters=OfOwner,
        operation_id="rotate_webhook_secret",
        summary="Make a new secret, which signs the webhooks of an owner from now on.",
        description="It is shown once. The secret before it signs as well for 24 hours.",
        tag=TAG,
        returns=SecretDocument,
        answers={200: {"description": "The new secret."}, **problems(422, 503)},
    )


def _delivery_routes(handlers: Handlers) -> list[Route]:
    shared: dict[str, Any] = {"tag": TAG, "returns": DeliveryDocument}
    return [
        Route(
            method="GET",
            path="/deliveries",
            scope=Scope.READ,
            handler=handlers.list_deliveries,
            parameters=ListParameters,
            operation_id="list_deliveries",
            summary="List deliveries of webhooks, the newest first.",
            tag=TAG,
            returns=DeliveryPage,
            answers={200: {"description": "A page of deliveries."}, **problems(422, 503)},
        ),
        Route(
            method="GET",
            path="/deliveries/{delivery_id}",
            scope=Scope.READ,
            handler=handlers.get_delivery,
            parameters=OfDelivery,
            operation_id="get_delivery",
            summary="Get a delivery with its attempts.",
            answers={200: {"description": "The delivery."}, **problems(404, 422, 503)},
            **shared,
        ),
        Route(
            method="POST",
            path="/deliveries/{delivery_id}/retry",
            scope=Scope.SUBMIT,
            handler=handlers.retry_delivery,
            parameters=OfDelivery,
            operation_id="retry_delivery",
            summary="Send an ended delivery again.",
            description="It is a new delivery with the same `webhook-id`.",
            status=202,
            answers={
                202: {"description": "The new delivery.", "headers": {"Location": LOCATION}},
                **problems(404, 409, 422, 503),
            },
            **shared,
        ),
    ]
