"""Makes spans and sends them in batches; loaded only where tracing is on."""

import os

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.environment_variables import OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from celeriac.settings import SettingsError
from celeriac.values.short_text import LONGEST_TRACEBACK


def new_provider(service: str) -> TracerProvider:
    """A provider that sends to the collector in the environment, as `OTEL_SERVICE_NAME` or else this name. Do not fork it.

    `SettingsError`: OpenTelemetry cannot read one of its variables.
    """
    try:
        provider = TracerProvider(resource=_resource(service), shutdown_on_exit=False, span_limits=_limits())
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    except ValueError as wrong:
        raise SettingsError(f"OpenTelemetry cannot read one of its OTEL_ variables: {wrong}") from wrong
    return provider


def _limits() -> SpanLimits:
    """The text of an error is cut, unless the environment says how long it may be."""
    is_told = OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT in os.environ
    return SpanLimits(max_attribute_length=None if is_told else LONGEST_TRACEBACK)


def _resource(service: str) -> Resource:
    resource = Resource.create()
    if str(resource.attributes[SERVICE_NAME]).startswith("unknown_service"):
        return resource.merge(Resource({SERVICE_NAME: service}))
    return resource
