"""Lists every route, in the order of `/docs`: submitting first, health last."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from celeriac.access.scopes import Scope
from celeriac.access.stored_keys import StoredKeys
from celeriac_api.files.large_inputs import LargeInputs
from celeriac_api.files.serving import Serving
from celeriac_api.page import files as page
from celeriac_api.parts import Parts
from celeriac_api.resources.batches import routes as batches
from celeriac_api.resources.batches.cancelling import Cancelling
from celeriac_api.resources.batches.events import BatchEvents
from celeriac_api.resources.batches.handlers import BatchHandlers
from celeriac_api.resources.batches.intake.receiving import Receiving
from celeriac_api.resources.batches.results import Results
from celeriac_api.resources.batches.retrying import Retrying
from celeriac_api.resources.graph import routes as graph
from celeriac_api.resources.limits import routes as limits
from celeriac_api.resources.limits.handlers import Handlers as LimitHandlers
from celeriac_api.resources.schedules import routes as schedules
from celeriac_api.resources.schedules.handlers import Handlers
from celeriac_api.resources.webhooks import routes as webhooks
from celeriac_api.resources.webhooks.handlers import Handlers as WebhookHandlers
from celeriac_api.routes import (
    audit,
    docs,
    events,
    health,
    keys,
    metrics,
    queues,
    rejected,
    submit,
    task,
    task_actions,
    task_input,
    task_list,
    workers,
)
from celeriac_api.routes import catalog as catalog_routes
from celeriac_api.server.route import Route


class Routes(NamedTuple):
    """The routes of all resources that are always there, and what makes that of a definition."""

    fixed: list[Route]
    of_definition: submit.RouteOf


def all_routes(parts: Parts, *, document: Callable[[Sequence[str] | None], dict[str, Any]]) -> Routes:
    """All of them; `document` makes the OpenAPI document."""
    settings, catalog, ledger, feed = parts.settings, parts.catalog, parts.ledger, parts.feed
    serving = Serving(catalog, ledger, parts.files)
    large = LargeInputs(catalog, settings, parts.files, parts.file_space, parts.judge)
    streams = events.Streams(settings, ledger, feed, parts.streams, parts.door)

    def shown(part: str, routes: list[Route]) -> list[Route]:
        """They need no key, where the settings say so."""
        is_public = settings.is_public(part)
        return [replace(route, scope=Scope.OPEN) for route in routes] if is_public else routes

    of_definition = submit.route_of(settings, parts.input_models, parts.submissions, streams, large, serving)
    fixed = [
        *submit.routes(settings, catalog, parts.input_models, parts.submissions, streams, large, serving),
        *task.routes(settings, ledger, parts.submissions.waits, serving),
        *task_input.routes(catalog, ledger, serving),
        *graph.routes(parts.graphs),
        *task_actions.routes(settings, ledger, parts.submissions, parts.files),
        *task_list.routes(settings, ledger),
        *batches.routes(
            BatchHandlers(parts.batches, parts.submissions),
            Receiving(parts.batches, parts.submissions, settings),
            Cancelling(parts.batches, ledger),
            Retrying(parts.batches, ledger, parts.submissions),
            Results(settings, parts.batches, ledger, streams),
            BatchEvents(parts.batches, streams),
        ),
        *schedules.routes(Handlers(parts.schedules, parts.submissions, catalog, most=settings.max_schedules)),
        *webhooks.routes(WebhookHandlers(parts.webhooks, parts.deliveries, allow=settings.webhook_allow)),
        *limits.routes(LimitHandlers(parts.limits)),
        *events.routes(ledger, feed, streams),
        *catalog_routes.routes(catalog, settings=settings),
        *queues.routes(parts.overview, parts.keeper),
        *rejected.routes(ledger),
        *workers.routes(parts.overview),
        *audit.routes(parts.audit_trail),
        *keys.routes(StoredKeys(parts.key_table), parts.key_ring, parts.file_space),
        *shown("metrics", metrics.routes(parts.counters, ledger, parts.overview, feed)),
        *shown("page", page.routes()),
        *shown("docs", docs.routes("Celeriac", catalog, document)),
        *health.routes(settings, ledger, queues=parts.queues),
    ]
    return Routes(fixed, of_definition)
