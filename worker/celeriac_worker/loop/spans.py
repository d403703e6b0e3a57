"""Makes a span for each run of a loop, in the trace of its message."""

from collections.abc import Awaitable, Callable

from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from celeriac.ledger.model.trace import Trace
from celeriac.telemetry.provider import new_provider
from celeriac.telemetry.trace_settings import close
from celeriac_worker.loop.run_span import ATTEMPT, SERVICE, current_trace, describe
from celeriac_worker.loop.runs.run import Run
from celeriac_worker.run.outcome import Failed, Outcome

_propagator = TraceContextTextMapPropagator()


class Spans:
    """Of one loop process; named as the instrumentation of Celery names those of plain tasks."""

    def __init__(self) -> None:
        """`SettingsError`: none could be sent."""
        self._provider = new_provider(SERVICE)
        # Where the code of a task looks for it, which may make spans of its own.
        trace.set_tracer_provider(self._provider)
        self._tracer = self._provider.get_tracer(__name__)

    async def outcome(self, run: Run, call: Callable[[Run], Awaitable[Outcome]]) -> Outcome:
        """Make a span of this call, which raises nothing."""
        delivery = run.delivery
        parent = delivery.trace and _propagator.extract(
            {"traceparent": delivery.trace.traceparent, "tracestate": delivery.trace.tracestate}
        )
        attributes: dict[str, str | int] = {
            "celery.action": "run",
            "celery.task_name": delivery.name,
            "messaging.message.id": delivery.task_id,
            ATTEMPT: run.attempt,
        }
        with self._tracer.start_as_current_span(
            f"run/{delivery.name}",
            context=parent or None,
            kind=trace.SpanKind.CONSUMER,
            attributes=attributes,
        ) as span:
            outcome = await call(run)
            if isinstance(outcome, Failed):
                span.record_exception(outcome.error)
                span.set_status(trace.StatusCode.ERROR, str(outcome.error))
            describe(outcome)
        return outcome

    def trace(self) -> Trace | None:
        """That of the span of this run, or of one that the task's code has begun."""
        return current_trace()

    def close(self) -> None:
        """Send the last ones."""
        close(self._provider)
