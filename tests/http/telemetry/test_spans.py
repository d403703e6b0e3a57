"""Requests and runs leave spans of one trace with a collector."""

import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from celeriac.stack.processes.ports import free_port
from lab.harness.program import Program
from lab.harness.servers import API, running_api, running_worker
from lab.harness.stack import running_stack
from lab.harness.waiting import wait_until
from tests.http.telemetry.test_trace import PARENT, TRACE_ID
from tests.support.door import Document, cancel, document, ended, in_state
from tests.support.otlp_collector import Collector, Span, running_collector

CALLER = PARENT[36:52]


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with running_collector() as collector:
        yield collector


@pytest.fixture(scope="module")
def own_database(new_database: Callable[[], str]) -> str:
    return new_database()


@pytest.fixture(scope="module")
def traced(collector: Collector, own_database: str) -> dict[str, str]:
    """Settings of services that send their spans, and soon."""
    return {
        "redis_url": own_database,
        "otel_exporter_otlp_endpoint": collector.url,
        "otel_exporter_otlp_headers": "x-key=of-the-collector",
        "otel_bsp_schedule_delay": "50",
    }


@pytest.fixture(scope="module")
def traced_worker(traced: dict[str, str], directory: Path) -> Iterator[Program]:
    with running_worker(directory, **traced) as server:
        yield server


@pytest.fixture(scope="module")
def traced_api(traced: dict[str, str], directory: Path, traced_worker: Program) -> Iterator[API]:  # noqa: ARG001 - to be running
    with running_api(directory, factory="tests.support.apps:with_faults", **traced) as server:
        yield server


@pytest.fixture
def door(traced_api: API) -> Iterator[httpx.Client]:
    with traced_api.client() as client:
        yield client


def test_the_run_is_a_child_of_the_request_and_that_of_the_caller(
    door: httpx.Client, collector: Collector, traced_worker: Program
) -> None:
    task = submitted(door, "write_to_the_log", {"line": "traced"}, traceparent=PARENT, tracestate="vendor=1")
    request, run = collector.of(TRACE_ID, number=2)
    assert (request.parent_id, run.parent_id) == (CALLER, request.span_id)
    assert (request.service, request.name) == ("celeriac-api", "POST /write_to_the_log")
    assert (run.service, run.name) == ("celeriac-worker", "run/write_to_the_log")
    assert request.attributes["http.response.status_code"] == 202
    assert request.attributes["http.route"] == "/write_to_the_log"
    assert run.attributes["messaging.message.id"] == task["task_id"]
    assert (run.attributes["celeriac.attempt"], run.attributes["celeriac.state"]) == (1, "succeeded")
    assert not run.is_error
    assert task["trace_id"] == TRACE_ID
    (line,) = [line for line in traced_worker.log.splitlines() if "the line: traced" in line]
    assert line.endswith(f"trace_id={TRACE_ID}")
    assert collector.headers[0]["x-key"] == "of-the-collector"


@pytest.mark.parametrize("how", ["POST /tasks", "PUT /tasks/{task_id}"])
def test_a_caller_without_a_trace_gets_one(door: httpx.Client, collector: Collector, how: str) -> None:
    body = {"name": "add", "input": {"x": 4, "y": 5}}
    path = how.split()[1].format(task_id="3f0e6c5e-8d6b-4b0c-9c55-4f7d7a1c9b1e")
    task = ended(door, document(door.request(how.split(maxsplit=1)[0], path, json=body)))
    request, run = collector.of(task["trace_id"], number=2)
    assert (request.name, request.parent_id, run.parent_id) == (how, "", request.span_id)


def test_a_caller_that_is_not_sampled_leaves_no_spans_and_its_trace_goes_on(
    door: httpx.Client, collector: Collector
) -> None:
    trace_id = "1" * 32
    unsampled = submitted(door, "add", {"x": 4, "y": 5}, traceparent=f"00-{trace_id}-{CALLER}-00")
    sampled = submitted(door, "add", {"x": 4, "y": 5})
    collector.of(sampled["trace_id"], number=2)
    assert unsampled["trace_id"] == trace_id
    assert [span for span in collector.spans if span.trace_id == trace_id] == []


def test_a_run_that_fails_is_an_error_with_its_exception(door: httpx.Client, collector: Collector) -> None:
    task = submitted(door, "fail", {"message": "as it was told"})
    request, run = collector.of(task["trace_id"], number=2)
    assert task["state"] == run.attributes["celeriac.state"] == "failed"
    assert (request.is_error, run.is_error) == (False, True)
    assert "as it was told" in run.status_text
    assert "as it was told" in run.exceptions[0]


def test_each_attempt_is_a_span_of_the_same_trace(door: httpx.Client, collector: Collector) -> None:
    task = submitted(door, "always_fails", {})
    request, *runs = collector.of(task["trace_id"], number=4)
    assert {run.parent_id for run in runs} == {request.span_id}
    runs.sort(key=lambda run: run.attributes["celeriac.attempt"])
    assert [
        (run.attributes["celeriac.attempt"], run.attributes["celeriac.state"], run.is_error, run.exceptions)
        for run in runs
    ] == [
        (1, "retrying", True, ["attempt 1"]),
        (2, "retrying", True, ["attempt 2"]),
        (3, "failed", True, ["attempt 3"]),
    ]


def test_what_a_task_makes_spans_of_is_inside_its_run(door: httpx.Client, collector: Collector) -> None:
    task = submitted(door, "look_inside", {})
    (run,) = runs_of(collector, task)
    (inside,) = [span for span in collector.of(task["trace_id"], number=3) if span.name == "inside"]
    assert (inside.service, inside.parent_id) == ("celeriac-worker", run.span_id)


def test_a_run_that_stops_because_it_was_asked_to_is_no_error(
    door: httpx.Client, collector: Collector, tmp_path: Path
) -> None:
    task = document(door.post("/stop_when_asked", json={"started": str(tmp_path / "started")}))
    in_state(door, task, "running")
    cancel(door, task)
    run = runs_of(collector, ended(door, task))[0]
    assert (run.attributes["celeriac.state"], run.is_error) == ("cancelled", False)


def test_a_message_that_is_dropped_is_told_from_a_run(
    door: httpx.Client, collector: Collector, tmp_path: Path
) -> None:
    until = tmp_path / "until"
    holding = [document(door.post("/hold", json={"until": str(until)})) for _ in range(2)]
    for task in holding:
        in_state(door, task, "running")
    cancelled = document(door.post("/add", json={"x": 4, "y": 5}))
    cancel(door, cancelled)
    until.touch()
    (dropped,) = runs_of(collector, cancelled)
    assert dropped.attributes["celeriac.dropped"] is True
    assert {"celeriac.attempt", "celeriac.state"}.isdisjoint(dropped.attributes)
    assert "celeriac.dropped" not in runs_of(collector, ended(door, holding[0]))[0].attributes


def test_a_retry_that_somebody_asks_for_is_in_the_trace_of_that_request(
    door: httpx.Client, collector: Collector
) -> None:
    task = submitted(door, "add", {"x": 4, "y": 5}, traceparent=f"00-{'2' * 32}-{CALLER}-01")
    again = ended(door, document(door.post(task["links"]["retry"])))
    request, run = collector.of(again["trace_id"], number=2)
    assert again["trace_id"] != task["trace_id"]
    assert (request.name, run.parent_id) == ("POST /tasks/{task_id}/retry", request.span_id)


def test_probes_leave_no_spans(door: httpx.Client, collector: Collector) -> None:
    for path in ("/livez", "/readyz", "/metrics"):
        assert door.get(path, headers={"traceparent": f"00-{'3' * 32}-{CALLER}-01"}).is_success
    door.get("/queues", headers={"traceparent": f"00-{'3' * 32}-{CALLER}-01"})
    (request,) = collector.of("3" * 32, number=1)
    assert request.name == "GET /queues"


def test_a_stream_is_a_span_that_ends_with_it(door: httpx.Client, collector: Collector) -> None:
    accept = {"accept": "text/event-stream", "traceparent": f"00-{'4' * 32}-{CALLER}-01"}
    events = door.post("/add", json={"x": 4, "y": 5}, headers=accept).text
    request, run = collector.of("4" * 32, number=2)
    assert "event: done" in events
    assert (request.name, run.parent_id) == ("POST /add", request.span_id)


def test_a_stream_that_its_client_has_left_has_ended_well(door: httpx.Client, collector: Collector) -> None:
    headers = {"traceparent": f"00-{'5' * 32}-{CALLER}-01"}
    with door.stream("GET", "/events", headers=headers) as events:
        next(events.iter_raw())
    (request,) = collector.of("5" * 32, number=1)
    assert (request.name, request.is_error) == ("GET /events", False)
    assert request.attributes["http.response.status_code"] == 200


def test_an_error_of_the_server_is_one_of_its_span_and_the_log_names_the_trace(
    door: httpx.Client, collector: Collector, traced_api: API
) -> None:
    headers = {"x-fault": "early", "traceparent": f"00-{'6' * 32}-{CALLER}-01"}
    assert door.post("/add", json={"x": 4, "y": 5}, headers=headers).status_code == 500
    (request,) = collector.of("6" * 32, number=1)
    assert (request.is_error, request.attributes["error.type"]) == (True, "500")
    (line,) = [line for line in traced_api.log.splitlines() if "6" * 32 in line]
    assert " ERROR celeriac_api.server.outermost POST /add failed request_id=" in line


def test_the_access_log_names_the_trace_of_a_request(traced: dict[str, str], directory: Path) -> None:
    with running_stack(directory / "stack", log_format="json", **traced) as stack, stack.api() as client:
        client.get("/queues", headers={"traceparent": f"00-{'7' * 32}-{CALLER}-01"})
        asked = wait_until(lambda: [line for line in stack.output.splitlines() if "/queues HTTP" in line])
    assert f'"trace_id": "{"7" * 32}"' in asked[0]


def test_inputs_and_results_are_in_no_span(door: httpx.Client, collector: Collector) -> None:
    task = submitted(door, "word_count", {"text": "unheard-of"})
    assert "unheard-of" in str(task["result"])
    assert "unheard-of" not in str(collector.of(task["trace_id"], number=2))


def test_what_was_not_sent_yet_is_sent_at_the_end(
    own_url: str, directory: Path, collector: Collector, tmp_path: Path
) -> None:
    settings = {
        "redis_url": own_url,
        "shutdown_grace": "0.1",
        "otel_exporter_otlp_traces_endpoint": f"{collector.url}/v1/traces",
        "otel_service_name": "renamed",
        "otel_bsp_schedule_delay": "3600000",
    }
    with running_worker(directory, **settings) as worker, running_api(directory, **settings) as api:
        with api.client() as client:
            task = document(client.post("/hold", json={"until": str(tmp_path / "never")}))
            in_state(client, task, "running")
        assert [span for span in collector.spans if span.trace_id == task["trace_id"]] == []
        api.signal(signal.SIGTERM)
        worker.signal(signal.SIGQUIT)
        for server in (api, worker):
            server.wait_for_end()
    request, run = collector.of(task["trace_id"], number=2)
    assert (request.service, run.service) == ("renamed", "renamed")
    assert run.attributes["celeriac.state"] == "queued"


def test_a_collector_that_is_away_holds_nobody_up(own_url: str, directory: Path) -> None:
    settings = {
        "redis_url": own_url,
        "otel_exporter_otlp_endpoint": f"http://127.0.0.1:{free_port()}",
    }
    with running_worker(directory, **settings) as worker, running_api(directory, **settings) as api:
        with api.client() as client:
            assert submitted(client, "add", {"x": 4, "y": 5})["result"] == 9
        for server in (api, worker):
            server.signal(signal.SIGTERM)
            server.wait_for_end()
    assert worker.ending() == 0
    assert "Traceback" not in api.log + worker.log


def submitted(client: httpx.Client, name: str, task_input: Mapping[str, Any], **headers: str) -> Document:
    """The document of a task at its end."""
    accepted = client.post(f"/{name}", json=task_input, headers=headers)
    assert accepted.status_code == 202, accepted.text
    return ended(client, document(accepted))


def runs_of(collector: Collector, task: Document) -> list[Span]:
    """The spans of its runs, when there is one."""
    name = f"run/{task['name']}"
    return wait_until(
        lambda: [span for span in collector.spans if (span.trace_id, span.name) == (task["trace_id"], name)]
    )
