"""Describes the outcome of a run on its span; only loaded where spans are sent."""

from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from celeriac.ledger.model.states import State
from celeriac.ledger.model.trace import Trace, parsed_trace
from celeriac_worker.run.outcome import (
    Cancelled,
    Dropped,
    Failed,
    Outcome,
    PutOff,
    Returned,
    Succeeded,
    Written,
)

SERVICE = "celeriac-worker"
ATTEMPT, STATE, DROPPED = "celeriac.attempt", "celeriac.state", "celeriac.dropped"
STATES: dict[type[object], State] = {
    Succeeded: State.SUCCEEDED,
    Written: State.SUCCEEDED,
    Failed: State.FAILED,
    Cancelled: State.CANCELLED,
    Returned: State.QUEUED,
}


def describe(outcome: Outcome) -> None:
    """On the current span."""
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


def current_trace() -> Trace | None:
    """That of the span of this run, or of one that the task's code has begun."""
    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    if "traceparent" not in carrier:
        return None
    return parsed_trace(carrier["traceparent"], carrier.get("tracestate", ""))
