"""`GET /metrics` for Prometheus: this process's requests, and the shared numbers in Redis."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from starlette.responses import Response

from celeriac.access.scopes import Scope
from celeriac.ledger.for_operators import Histogram as Times
from celeriac.ledger.for_operators import Overview, Queue, Worker
from celeriac.ledger.ledger import Ledger
from celeriac.ledger.live.event_streams import Feed
from celeriac.ledger.model.states import State
from celeriac.ledger.tables.deliveries import NAME as WEBHOOK
from celeriac_api.request.call import Call
from celeriac_api.request.parameters import Parameters
from celeriac_api.response.openapi import problems
from celeriac_api.server.counters import Counters
from celeriac_api.server.route import Route

BOUNDS = "0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2.5 5 10 30 60 300 1800 7200 +Inf".split()
ACCEPTED = "accepted"
DELIVERY_ENDS = (State.SUCCEEDED, State.FAILED, State.CANCELLED)
# Every bucket of Prometheus holds the ones before it, too.
KINDS = {
    "queued": (
        "celeriac_task_queued_seconds",
        (
            "Seconds in the queue before the first start of a task: from its acceptance, or from when it was queued after it was "
            "`scheduled` or `blocked`."
        ),
    ),
    "running": ("celeriac_task_running_seconds", "Seconds that the last run of an ended task took."),
}


def routes(counters: Counters, ledger: Ledger, overview: Overview, feed: Feed) -> list[Route]:
    """`GET /metrics`."""

    async def get_metrics(_: Call[Parameters, None]) -> Response:
        counters.waiters.set(ledger.watch.waiters)
        counters.streams.set(feed.followed)
        shared = CollectorRegistry()
        shared.register(await _shared(overview))
        content = generate_latest(counters.registry) + generate_latest(shared)
        return Response(content, media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return [
        Route(
            method="GET",
            path="/metrics",
            scope=Scope.METRICS,
            handler=get_metrics,
            operation_id="get_metrics",
            summary="Get the metrics for Prometheus.",
            tag="operations",
            media=Response,
            answers={
                200: {
                    "description": "The metrics in the text format of Prometheus.",
                    "content": {CONTENT_TYPE_PLAIN_0_0_4: {"schema": {"type": "string"}}},
                },
                **problems(422, 503),
            },
        )
    ]


class _Shared(Collector):
    """What was read from Redis a moment ago."""

    def __init__(
        self,
        queues: list[Queue],
        workers: list[Worker],
        counts: dict[tuple[str, State], int],
        totals: dict[tuple[str, str], int],
        times: dict[tuple[str, str], Times],
    ) -> None:
        self._queues, self._workers, self._counts = queues, workers, counts
        self._totals, self._times = totals, times

    def collect(self) -> Iterator[Metric]:
        """Called by the registry."""
        depth = GaugeMetricFamily(
            "celeriac_queue_depth", "Number of tasks that wait in a queue.", labels=["queue"]
        )
        oldest = GaugeMetricFamily(
            "celeriac_queue_oldest_wait_seconds",
            "Seconds that the oldest waiting task of a queue has waited.",
            labels=["queue"],
        )
        for queue in self._queues:
            depth.add_metric([queue.name], queue.depth)
            oldest.add_metric([queue.name], queue.oldest_wait_seconds or 0.0)
        yield depth
        yield oldest
        yield GaugeMetricFamily("celeriac_workers", "Number of live workers.", value=len(self._workers))
        yield self._lags()
        tasks = GaugeMetricFamily(
            "celeriac_tasks", "Number of tasks with a record, by name and state.", labels=["name", "state"]
        )
        for (name, state), count in self._counts.items():
            tasks.add_metric([name, state], count)
        yield tasks
        yield from self._counted()
        yield from self._deliveries()
        yield from self._histograms()

    def _lags(self) -> Metric:
        lags = GaugeMetricFamily(
            "celeriac_loop_lag_seconds",
            "How late the slowest event loop of a worker turned last; workers without event loops have none.",
            labels=["worker"],
        )
        for worker in self._workers:
            if worker.loop_lag is not None:
                lags.add_metric([worker.name], worker.loop_lag)
        return lags

    def _counted(self) -> Iterator[Metric]:
        ended = CounterMetricFamily(
            "celeriac_tasks_ended", "Tasks that have ended, by name and state.", labels=["name", "state"]
        )
        accepted = CounterMetricFamily(
            "celeriac_tasks_accepted",
            "Tasks that were accepted, by name; a replay does not count.",
            labels=["name"],
        )
        for (name, state), count in self._totals.items():
            if name == WEBHOOK:
                continue
            if state == ACCEPTED:
                accepted.add_metric([name], count)
            else:
                ended.add_metric([name, state], count)
        yield accepted
        yield ended

    def _deliveries(self) -> Iterator[Metric]:
        counts = {state: self._totals.get((WEBHOOK, state), 0) for state in DELIVERY_ENDS}
        ended = CounterMetricFamily(
            "celeriac_deliveries_ended", "Deliveries of webhooks that have ended, by state.", labels=["state"]
        )
        for state, count in counts.items():
            ended.add_metric([state], count)
        yield ended
        yield GaugeMetricFamily(
            "celeriac_deliveries_pending",
            "Number of deliveries of webhooks that have not ended.",
            value=max(self._totals.get((WEBHOOK, ACCEPTED), 0) - sum(counts.values()), 0),
        )

    def _histograms(self) -> Iterator[Metric]:
        for kind, (title, text) in KINDS.items():
            family = HistogramMetricFamily(title, text, labels=["name"])
            for (of_kind, name), histogram in self._times.items():
                if of_kind == kind and name != WEBHOOK:
                    family.add_metric([name], _cumulated(histogram.counts), histogram.sum)
            yield family


async def _shared(overview: Overview) -> _Shared:
    workers = await overview.workers()
    queues, counts = await overview.queues(), await overview.counts()
    return _Shared(queues, workers, counts, await overview.totals(), await overview.times())


def _cumulated(counts: dict[str, int]) -> list[tuple[str, float]]:
    total, buckets = 0, []
    for bound in BOUNDS:
        total += counts.get(bound, 0)
        buckets.append((bound, float(total)))
    return buckets
