"""Makes a span for each run, in the trace of its message."""

from datetime import timedelta
from functools import partial
from typing import Any

from celery import signals
from celery.exceptions import Ignore
from opentelemetry import trace
from opentelemetry.instrumentation.celery import CeleryInstrumentor

from celeriac.ledger.model.states import State
from celeriac.telemetry.provider import new_provider
from celeriac.telemetry.trace_settings import close
from celeriac_worker.run.task import LedgerTask

SERVICE = "celeriac-worker"
ATTEMPT, STATE, DROPPED = "celeriac.attempt", "celeriac.state", "celeriac.dropped"


class TracedTask(LedgerTask):
    """Says on the span of a run what the instrumentation cannot know: which attempt it is, and what came of it."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """As `LedgerTask`; `Ignore` is raised by the steps below, which say why."""
        try:
            result = super().__call__(*args, **kwargs)
        except Ignore:
            raise
        except Exception:
            _came_to(State.FAILED)
            raise
        _came_to(State.SUCCEEDED)
        return result

    def _claim(self) -> int:
        try:
            attempt = super()._claim()
        except Ignore:
            trace.get_current_span().set_attribute(DROPPED, value=True)
            raise
        trace.get_current_span().set_attribute(ATTEMPT, attempt)
        return attempt

    def _put_off(self, failure: Exception, attempt: int, delay: timedelta) -> None:
        span = trace.get_current_span()
        span.record_exception(failure)
        span.set_status(trace.StatusCode.ERROR, str(failure))
        _came_to(State.RETRYING)
        super()._put_off(failure, attempt, delay)

    def _end_cancelled(self, words: str) -> None:
        _came_to(State.CANCELLED)
        super()._end_cancelled(words)

    def _return_task(self) -> None:
        _came_to(State.QUEUED)
        super()._return_task()


def set_up() -> None:
    """Called once, in the main process: every process of the pool makes its own, since a thread does not outlive a fork.

    `SettingsError`: none of them could.
    """
    new_provider(SERVICE).shutdown()
    signals.worker_process_init.connect(_begin, weak=False)


def _begin(**_: Any) -> None:
    provider = new_provider(SERVICE)
    # Where the code of a task looks for it, which may make spans of its own.
    trace.set_tracer_provider(provider)
    CeleryInstrumentor().instrument(tracer_provider=provider)  # type: ignore[no-untyped-call]  # it has no types
    signals.worker_process_shutdown.connect(partial(_end, provider), weak=False)


def _end(provider: Any, **_: Any) -> None:
    close(provider)


def _came_to(state: State) -> None:
    trace.get_current_span().set_attribute(STATE, state)
