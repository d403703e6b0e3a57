"""A task that makes a span of its own."""

from celeriac import task


@task
def look_inside() -> None:
    """Make a span around nothing."""
    from opentelemetry import trace

    with trace.get_tracer("somebody.else").start_as_current_span("inside"):
        pass
