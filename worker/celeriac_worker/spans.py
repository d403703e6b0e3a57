"""Makes a span for each run, in the trace of its message."""

from functools import partial
from typing import Any

from celery import signals
from opentelemetry import trace
from opentelemetry.instrumentation.celery import CeleryInstrumentor

from celeriac.ledger.for_workers import Granted, Refused
from celeriac.ledger.model.trace import Trace
from celeriac.telemetry.provider import new_provider
from celeriac.telemetry.trace_settings import close
from celeriac_worker.loop.run_span import ATTEMPT, SERVICE, current_trace, describe
from celeriac_worker.run.outcome import Outcome
from celeriac_worker.run.task import LedgerTask


class TracedTask(LedgerTask):
    """Adds to the span of a run the attempt and the outcome, which the instrumentation does not know."""

    abstract = True

    def outcome(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Outcome:
        """As `LedgerTask`."""
        outcome = super().outcome(args, kwargs)
        describe(outcome)
        return outcome

    def _trace(self, _: Any) -> Trace | None:
        """That of the span of this run, or of one that the task's code has begun."""
        return current_trace()

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
