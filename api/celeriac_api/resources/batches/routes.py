"""Declares the routes of batches."""

from typing import Any

from fastapi.sse import EventSourceResponse

from celeriac.access.scopes import Scope
from celeriac_api.request.call import Body
from celeriac_api.resources.batches.cancelling import Cancelling
from celeriac_api.resources.batches.documents import BatchDocument, BatchPage
from celeriac_api.resources.batches.events import BatchEvents
from celeriac_api.resources.batches.handlers import BatchHandlers
from celeriac_api.resources.batches.intake.item import BatchItem
from celeriac_api.resources.batches.intake.receiving import Receiving
from celeriac_api.resources.batches.parameters import (
    BatchParameters,
    ListParameters,
    NewBatchParameters,
    OfBatch,
    RetryBatchParameters,
)
from celeriac_api.resources.batches.results import LineStream, Results, ResultsParameters
from celeriac_api.resources.batches.retrying import Retrying
from celeriac_api.response.openapi import PREFERENCE_APPLIED, REPLAYED, RETRY_AFTER, problems
from celeriac_api.routes.events import STREAM
from celeriac_api.routes.task_actions import CancelRequest, cancellation
from celeriac_api.server.route import Route

EXAMPLE = [
    {"as": "sum", "name": "add", "input": {"x": 4, "y": 5}},
    {
        "name": "add",
        "input": {"x": {"$result": "sum"}, "y": 1},
        "after": ["sum"],
    },
]
LOCATION = {"description": "The address of the batch.", "schema": {"type": "string"}}
_LINES: dict[str, Any] = {
    "application/x-ndjson": {
        "schema": {
            "type": "string",
            "description": "One item a line, each as in the array. Any number of lines.",
        }
    }
}


def routes(
    handlers: BatchHandlers,
    receiving: Receiving,
    cancelling: Cancelling,
    retrying: Retrying,
    results: Results,
    events: BatchEvents,
) -> list[Route]:
    """`/batches`, `/batches/{batch_id}`, and what can be done with one."""
    return [
        _post_route(receiving),
        _list_route(handlers),
        _get_route(handlers),
        _results_route(results),
        _events_route(events),
        _cancel_route(cancelling),
        _retry_route(retrying),
        _delete_route(handlers),
    ]


def _post_route(receiving: Receiving) -> Route:
    return Route(
        method="POST",
        path="/batches",
        scope=Scope.SUBMIT,
        is_submission=True,
        handler=receiving.post,
        parameters=NewBatchParameters,
        body=Body(documented=list[BatchItem], examples=[EXAMPLE], is_streamed=True, other_media=_LINES),
        operation_id="submit_batch",
        summary="Submit many tasks as a batch.",
        description="An array of at most 10,000 items is accepted as a whole, or not at all. Lines (`application/x-ndjson`) are accepted as "
        "they come, up to the first that is refused: the problem then has `line`, `accepted` and `batch_id`.",
        tag="batches",
        status=202,
        returns=BatchDocument,
        answers={
            202: {
                "description": "The batch; all its tasks are accepted.",
                "headers": {
                    "Location": LOCATION,
                    "Retry-After": RETRY_AFTER,
                    "Idempotent-Replayed": REPLAYED,
                },
            },
            **problems(400, 404, 409, 410, 413, 415, 422, 429, 503),
        },
    )


def _list_route(handlers: BatchHandlers) -> Route:
    return Route(
        method="GET",
        path="/batches",
        scope=Scope.READ,
        handler=handlers.list_all,
        parameters=ListParameters,
        operation_id="list_batches",
        summary="List batches, the newest first.",
        tag="batches",
        returns=BatchPage,
        answers={200: {"description": "A page of batches."}, **problems(422, 503)},
    )


def _get_route(handlers: BatchHandlers) -> Route:
    return Route(
        method="GET",
        path="/batches/{batch_id}",
        scope=Scope.READ,
        handler=handlers.get,
        parameters=BatchParameters,
        operation_id="get_batch",
        summary="Get a batch, now or after a wait for its end.",
        tag="batches",
        returns=BatchDocument,
        answers={
            200: {
                "description": "The batch.",
                "headers": {"Retry-After": RETRY_AFTER, "Preference-Applied": PREFERENCE_APPLIED},
            },
            **problems(404, 410, 422, 429, 503),
        },
    )


def _delete_route(handlers: BatchHandlers) -> Route:
    return Route(
        method="DELETE",
        path="/batches/{batch_id}",
        scope=Scope.CANCEL,
        handler=handlers.delete,
        parameters=OfBatch,
        operation_id="delete_batch",
        summary="Delete a batch that is ready, before it expires. Its tasks stay.",
        tag="batches",
        status=204,
        answers={
            204: {"description": "The batch is forgotten, now or earlier."},
            **problems(404, 409, 422, 503),
        },
    )


def _cancel_route(cancelling: Cancelling) -> Route:
    return Route(
        method="POST",
        path="/batches/{batch_id}/cancel",
        scope=Scope.CANCEL,
        handler=cancelling.cancel,
        parameters=OfBatch,
        body=Body(read=cancellation, documented=CancelRequest, default=CancelRequest(), required=False),
        operation_id="cancel_batch",
        summary="Cancel the tasks of a batch that have not ended.",
        description="The batch takes no more items. Tasks that have not started never start; running ones are asked to stop, or their "
        "processes are ended.",
        tag="batches",
        returns=BatchDocument,
        answers={
            200: {"description": "The batch is ready."},
            202: {
                "description": "Some of its tasks still run, or are being cancelled.",
                "model": BatchDocument,
                "headers": {"Location": LOCATION, "Retry-After": RETRY_AFTER},
            },
            **problems(400, 404, 409, 410, 413, 415, 422, 503),
        },
    )


def _retry_route(retrying: Retrying) -> Route:
    return Route(
        method="POST",
        path="/batches/{batch_id}/retry",
        scope=Scope.SUBMIT,
        handler=retrying.retry,
        parameters=RetryBatchParameters,
        operation_id="retry_batch",
        summary="Run again what failed in a batch that is ready, as a new batch.",
        description="The tasks that failed, and those that were cancelled because of them (`DependencyFailed`), with the same inputs. Among "
        "them, they run after each other as before. If there are none, the new batch is empty.",
        tag="batches",
        status=202,
        returns=BatchDocument,
        answers={
            202: {
                "description": "The new batch.",
                "headers": {
                    "Location": LOCATION,
                    "Retry-After": RETRY_AFTER,
                    "Idempotent-Replayed": REPLAYED,
                },
            },
            **problems(404, 409, 410, 422, 503),
        },
    )


def _results_route(results: Results) -> Route:
    return Route(
        method="GET",
        path="/batches/{batch_id}/results",
        scope=Scope.READ,
        handler=results.get,
        parameters=ResultsParameters,
        operation_id="get_batch_results",
        summary="Stream the results of a batch, one a line.",
        description="In the order of the items, or as they finish. A blank line means that nothing has ended for ten seconds.",
        tag="batches",
        media=LineStream,
        answers={
            200: {
                "description": "Lines of JSON, each with `number`, `name`, `task_id`, `state`, `error` and `result`.",
                "content": {"application/x-ndjson": {"schema": {"type": "string"}}},
            },
            **problems(404, 410, 422, 429, 503),
        },
    )


def _events_route(events: BatchEvents) -> Route:
    return Route(
        method="GET",
        path="/batches/{batch_id}/events",
        scope=Scope.READ,
        handler=events.get,
        parameters=OfBatch,
        operation_id="get_batch_events",
        summary="Stream the counts of a batch.",
        description="`counts` has the document of the batch, at most twice a second, whenever it has changed; `done` has it at the end. `gone` "
        "means that the batch was deleted.",
        tag="batches",
        media=EventSourceResponse,
        answers={**STREAM, **problems(404, 410, 422, 429, 503)},
    )
