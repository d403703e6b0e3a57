"""Shortens the start of the API before its other modules are loaded."""

import gc
import importlib
import sys
from contextlib import suppress

# redis-py loads it wherever it is installed, for metrics that nobody has asked for: 50 ms.
UNUSED_BY_REDIS = "opentelemetry.sdk.metrics"
# Nothing of what is loaded is garbage: the collector looks through it once or twice, not a hundred times. 40 ms.
OBJECTS_AT_START = 50_000


def shorten_start() -> None:
    """Called once, when this package is loaded."""
    _, *older = gc.get_threshold()
    gc.set_threshold(OBJECTS_AT_START, *older)
    _load_redis()


def _load_redis() -> None:
    """Load redis-py without OpenTelemetry's metrics.

    To report to redis-py: it could load them when they are asked for (https://github.com/redis/redis-py/pull/3954).
    """
    if UNUSED_BY_REDIS in sys.modules:
        return
    sys.modules[UNUSED_BY_REDIS] = None  # type: ignore[assignment]  # so the import system is told that there is none
    try:
        with suppress(ModuleNotFoundError):  # redis-py 6 has no such module
            importlib.import_module("redis.observability.providers")
    finally:
        del sys.modules[UNUSED_BY_REDIS]
