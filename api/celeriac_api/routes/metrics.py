"""`GET /metrics`, for Prometheus: this process's requests, and what all processes share in Redis.

With several processes behind one port, set PROMETHEUS_MULTIPROC_DIR to an empty directory: each then answers for all
(https://prometheus.github.io/client_python/multiprocess/).
"""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile

from fastapi import FastAPI
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from celeriac.ledger.for_operators import Histogram as Times
from celeriac.ledger.for_operators import Overview, Queue
from celeriac.ledger.ledger import Ledger
from celeriac.ledger.live.event_streams import Feed
from celeriac.ledger.model.states import State
from celeriac.settings import SettingsError
from celeriac_api.request.parameters import refuse_unknown
from celeriac_api.response.openapi import problems

BOUNDS = "0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2.5 5 10 30 60 300 1800 7200 +Inf".split()
ACCEPTED = "accepted"
# A client may send any token as its method; each would be a time series of its own.
METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
ROUND_TRIP_BOUNDS = (0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
# Every bucket of Prometheus holds the ones before it, too.
KINDS = {
    "queued": (
        "celeriac_task_queued_seconds",
        "How long tasks waited from their acceptance to their first start.",
    ),
    "running": ("celeriac_task_running_seconds", "How long the last run of ended tasks took."),
}


def prepare_shared_directory() -> None:
    """Make the directory of PROMETHEUS_MULTIPROC_DIR, if one is named; `SettingsError` where it cannot be written to."""
    named = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if named is None:
        return
    try:
        Path(named).mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=named).close()
    except OSError as error:
        raise SettingsError(
            f"PROMETHEUS_MULTIPROC_DIR={named} cannot be used: {error.strerror}. Name an empty directory in which the API may write."
        ) from error


class Metrics:
    """What this process counts itself."""

    def __init__(self) -> None:
        """Nothing is counted yet."""
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "celeriac_http_requests",
            "Requests, by route, method and status.",
            ("route", "method", "status"),
            registry=self.registry,
        )
        self.waiters = Gauge(
            "celeriac_waiters",
            "Requests that wait for a task's end.",
            registry=self.registry,
            multiprocess_mode="livesum",
        )
        self.streams = Gauge(
            "celeriac_streams",
            "Event streams that are open.",
            registry=self.registry,
            multiprocess_mode="livesum",
        )
        self.round_trip = Histogram(
            "celeriac_redis_round_trip_seconds",
            "How long Redis took to answer a call, which may serve many requests at once.",
            registry=self.registry,
            buckets=ROUND_TRIP_BOUNDS,
        )
        self._counters: dict[tuple[str, str, int], Counter] = {}

    def count(self, route: str, method: str, status: int) -> None:
        """One more request was answered; methods that nobody serves count as one."""
        counter = self._counters.get((route, method, status))
        if counter is None:
            counter = self._counter(route, method if method in METHODS else "OTHER", status)
        counter.inc()

    def _counter(self, route: str, method: str, status: int) -> Counter:
        counter = self._counters[route, method, status] = self._requests.labels(route, method, str(status))
        return counter


def install(app: FastAPI, metrics: Metrics, ledger: Ledger, overview: Overview, feed: Feed) -> None:
    """Serve `GET /metrics`."""

    @app.get(
        "/metrics",
        tags=["operations"],
        operation_id="get_metrics",
        summary="Numbers for Prometheus.",
        response_class=Response,
        responses={
            200: {
                "description": "In Prometheus' text format.",
                "content": {CONTENT_TYPE_PLAIN_0_0_4: {"schema": {"type": "string"}}},
            },
            **problems(422, 503),
        },
    )
    async def get_metrics(request: Request) -> Response:
        refuse_unknown(request)
        metrics.waiters.set(ledger.watch.waiters)
        metrics.streams.set(feed.followed)
        shared = CollectorRegistry()
        shared.register(await _shared(overview))
        content = generate_latest(_own(metrics)) + generate_latest(shared)
        return Response(content, media_type=CONTENT_TYPE_PLAIN_0_0_4)


def _own(metrics: Metrics) -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return metrics.registry
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # it has no types
    return registry


class _Shared(Collector):
    """What was read from Redis a moment ago."""

    def __init__(
        self,
        queues: list[Queue],
        workers: int,
        counts: dict[tuple[str, State], int],
        totals: dict[tuple[str, str], int],
        times: dict[tuple[str, str], Times],
    ) -> None:
        self._queues, self._workers, self._counts = queues, workers, counts
        self._totals, self._times = totals, times

    def collect(self) -> Iterator[Metric]:
        """Called by the registry."""
        depth = GaugeMetricFamily("celeriac_queue_depth", "Tasks that wait in a queue.", labels=["queue"])
        oldest = GaugeMetricFamily(
            "celeriac_queue_oldest_wait_seconds",
            "How long the first task of a queue waits.",
            labels=["queue"],
        )
        for queue in self._queues:
            depth.add_metric([queue.name], queue.depth)
            oldest.add_metric([queue.name], queue.oldest_wait_seconds or 0.0)
        yield depth
        yield oldest
        yield GaugeMetricFamily("celeriac_workers", "Workers that live.", value=self._workers)
        tasks = GaugeMetricFamily(
            "celeriac_tasks", "Tasks that are known now, by name and state.", labels=["name", "state"]
        )
        for (name, state), count in self._counts.items():
            tasks.add_metric([name, state], count)
        yield tasks
        yield from self._counted()
        yield from self._histograms()

    def _counted(self) -> Iterator[Metric]:
        ended = CounterMetricFamily(
            "celeriac_tasks_ended", "Tasks that came to an end, by name and state.", labels=["name", "state"]
        )
        accepted = CounterMetricFamily(
            "celeriac_tasks_accepted", "Tasks that were submitted and accepted, by name.", labels=["name"]
        )
        for (name, state), count in self._totals.items():
            if state == ACCEPTED:
                accepted.add_metric([name], count)
            else:
                ended.add_metric([name, state], count)
        yield accepted
        yield ended

    def _histograms(self) -> Iterator[Metric]:
        for kind, (title, text) in KINDS.items():
            family = HistogramMetricFamily(title, text, labels=["name"])
            for (of_kind, name), histogram in self._times.items():
                if of_kind == kind:
                    family.add_metric([name], _cumulated(histogram.counts), histogram.sum)
            yield family


async def _shared(overview: Overview) -> _Shared:
    workers = await overview.workers()
    queues, counts = await overview.queues(), await overview.counts()
    return _Shared(queues, len(workers), counts, await overview.totals(), await overview.times())


def _cumulated(counts: dict[str, int]) -> list[tuple[str, float]]:
    total, buckets = 0, []
    for bound in BOUNDS:
        total += counts.get(bound, 0)
        buckets.append((bound, float(total)))
    return buckets
