"""Makes a span for each run, in the trace of its message."""

from functools import partial
from typing import Any

from celery import signals
from opentelemetry import trace
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from celeriac.ledger.for_workers import Granted, Refused
from celeriac.ledger.model.states import State
from celeriac.ledger.model.trace import Trace, parsed_trace
from celeriac.telemetry.provider import new_provider
from celeriac.telemetry.trace_settings import close
from celeriac_worker.run.outcome import Cancelled, Dropped, Failed, Outcome, PutOff, Returned, Succeeded
from celeriac_worker.run.task import LedgerTask

SERVICE = "celeriac-worker"
ATTEMPT, STATE, DROPPED = "celeriac.attempt", "celeriac.state", "celeriac.dropped"
STATES: dict[type[object], State] = {
    Succeeded: State.SUCCEEDED,
    Failed: State.FAILED,
    Cancelled: State.CANCELLED,
    Returned: State.QUEUED,
}


class TracedTask(LedgerTask):
    """Adds to the span of a run the attempt and the outcome, which the instrumentation does not know."""

    abstract = True

    def outcome(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Outcome:
        """As `LedgerTask`."""
        outcome = super().outcome(args, kwargs)
        _describe(outcome)
        return outcome

    def _trace(self, _: Any) -> Trace | None:
        """That of the span of this run, or of one that the task's code has begun."""
        carrier: dict[str, str] = {}
        TraceContextTextMapPropagator().inject(carrier)
        if "traceparent" not in carrier:
            return None
        return parsed_trace(carrier["traceparent"], carrier.get("tracestate", ""))

    def _claim(self) -> Granted | Refused:
        claimed = super()._claim()
        if isinstance(claimed, Granted):
            trace.get_current_span().set_attribute(ATTEMPT, claimed.attempt)
        return claimed


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


def _describe(outcome: Outcome) -> None:
    span = trace.get_current_span()
    match outcome:
        case Dropped():
            span.set_attribute(DROPPED, value=True)
        case PutOff(error):
            span.record_exception(error)
            span.set_status(trace.StatusCode.ERROR, str(error))
            span.set_attribute(STATE, State.RETRYING)
        case _:
            span.set_attribute(STATE, STATES[type(outcome)])
