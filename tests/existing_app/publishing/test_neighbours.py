"""Signals, beat and traces see a publish as they do without a ledger."""

from datetime import timedelta
from typing import Any

import pytest
from celery import Celery, signals
from celery.beat import Scheduler
from redis import Redis

from tests.existing_app.publishing.shop import taken
from tests.existing_app.publishing.test_publishing import record


@pytest.fixture
def settings() -> dict[str, Any]:
    """One entry of beat."""
    return {"beat_schedule": {"each": {"task": "shop.add", "schedule": 1.0, "options": {"expires": 30}}}}


def test_a_tick_of_beat_is_recorded_with_its_deadline(plugged: Celery, own_redis: Redis) -> None:
    scheduler = Scheduler(app=plugged)
    entry = scheduler.schedule["each"]
    entry.last_run_at -= timedelta(seconds=60)
    scheduler.tick()
    task_id = taken(own_redis)["headers"]["id"]
    kept = record(own_redis, task_id)
    assert kept["state"] == "queued"
    assert "start_by" in kept
    scheduler.close()


def test_the_record_is_there_after_the_publish_and_not_before(plugged: Celery, own_redis: Redis) -> None:
    seen = []

    def before(headers: dict[str, Any], **_: Any) -> None:
        seen.append(own_redis.exists(f"celeriac:task:{headers['id']}"))

    signals.before_task_publish.connect(before)
    signals.after_task_publish.connect(before)
    plugged.tasks["shop.add"].delay()
    signals.before_task_publish.disconnect(before)
    signals.after_task_publish.disconnect(before)
    assert seen == [0, 1]


def test_a_header_of_a_receiver_is_in_the_message(plugged: Celery, own_redis: Redis) -> None:
    def add_header(headers: dict[str, Any], **_: Any) -> None:
        headers["tenant"] = "acme"

    signals.before_task_publish.connect(add_header)
    plugged.tasks["shop.add"].delay()
    signals.before_task_publish.disconnect(add_header)
    assert taken(own_redis)["headers"]["tenant"] == "acme"


def test_opentelemetry_and_the_record_have_one_trace(plugged: Celery, own_redis: Redis) -> None:
    trace = pytest.importorskip("opentelemetry.sdk.trace")
    otel = pytest.importorskip("opentelemetry.instrumentation.celery")
    provider = trace.TracerProvider()
    instrumentor = otel.CeleryInstrumentor()
    instrumentor.instrument(tracer_provider=provider)
    with provider.get_tracer("test").start_as_current_span("request") as span:
        result = plugged.tasks["shop.add"].delay()
    instrumentor.uninstrument()
    trace_id = f"{span.get_span_context().trace_id:032x}"
    assert taken(own_redis)["headers"]["traceparent"].split("-")[1] == trace_id
    assert record(own_redis, result.id)["trace_id"] == trace_id
