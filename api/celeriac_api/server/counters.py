"""Counts the requests of this process, for Prometheus.

With several processes behind one port, set PROMETHEUS_MULTIPROC_DIR to an empty directory: each then answers for all
(https://prometheus.github.io/client_python/multiprocess/).
"""

import os
from pathlib import Path
from tempfile import TemporaryFile

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

from celeriac.settings import SettingsError

# A client may send any token as its method; each would be a time series of its own.
METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
ROUND_TRIP_BOUNDS = (0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)


def prepare_shared_directory() -> None:
    """Make the directory of PROMETHEUS_MULTIPROC_DIR, if one is named; `SettingsError` where it cannot be written to."""
    directory = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if directory is None:
        return
    try:
        Path(directory).mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=directory).close()
    except OSError as error:
        raise SettingsError(
            f"PROMETHEUS_MULTIPROC_DIR={directory} cannot be used: {error.strerror}. Name an empty directory that the API can write to."
        ) from error


class Counters:
    """The counters of this process."""

    def __init__(self) -> None:
        """Nothing is counted yet."""
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "celeriac_http_requests",
            "HTTP requests, by route, method and status.",
            ("route", "method", "status"),
            registry=self._registry,
        )
        self.waiters = Gauge(
            "celeriac_waiters",
            "Requests that wait for the end of a task.",
            registry=self._registry,
            multiprocess_mode="livesum",
        )
        self.streams = Gauge(
            "celeriac_streams",
            "Open event streams.",
            registry=self._registry,
            multiprocess_mode="livesum",
        )
        self.round_trip = Histogram(
            "celeriac_redis_round_trip_seconds",
            "Seconds until Redis answered a call; one call can serve many requests.",
            registry=self._registry,
            buckets=ROUND_TRIP_BOUNDS,
        )
        self._counters: dict[tuple[str, str, int], Counter] = {}

    @property
    def registry(self) -> CollectorRegistry:
        """The counts of this process, or of all processes that share a directory."""
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return self._registry
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # it has no types
        return registry

    def count(self, route: str, method: str, status: int) -> None:
        """Count an answered request; all unknown methods count as one."""
        counter = self._counters.get((route, method, status))
        if counter is None:
            counter = self._counter(route, method if method in METHODS else "OTHER", status)
        counter.inc()

    def _counter(self, route: str, method: str, status: int) -> Counter:
        counter = self._counters[route, method, status] = self._requests.labels(route, method, str(status))
        return counter
