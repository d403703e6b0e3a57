"""Spans and log lines of a loop process name their task."""

import json
from collections.abc import Callable
from pathlib import Path

from lab.harness.servers import running_api
from lab.harness.waiting import wait_until
from tests.http.telemetry.test_trace import PARENT, TRACE_ID
from tests.support.door import document, ended
from tests.support.otlp_collector import running_collector
from tests.worker.loops.process.played import TASKS, played_worker


def test_runs_have_spans_and_lines_have_facts(new_database: Callable[[], str], directory: Path) -> None:
    url = new_database()
    with (
        running_collector() as collector,
        running_api(directory, redis_url=url, tasks=TASKS) as api,
        api.client() as client,
        played_worker(
            directory,
            redis_url=url,
            log_format="json",
            otel_exporter_otlp_endpoint=collector.url,
            otel_bsp_schedule_delay="50",
        ) as loop,
    ):
        talker, failure = (
            ended(client, document(client.post(path, json=task_input, headers={"traceparent": PARENT})))
            for path, task_input in (("/talk", {"line": "traced"}), ("/fail", {"kind": "ValueError"}))
        )
        first, second = collector.of(TRACE_ID, number=2)
        by_task = {span.attributes["messaging.message.id"]: span for span in (first, second)}
        span, failed = by_task[talker["task_id"]], by_task[failure["task_id"]]
        assert (span.service, span.name, span.is_error) == ("celeriac-worker", "run/talk", False)
        assert (span.attributes["celeriac.attempt"], span.attributes["celeriac.state"]) == (1, "succeeded")
        assert (failed.attributes["celeriac.state"], failed.is_error) == ("failed", True)
        assert "wrong" in failed.exceptions[0]
        lines = wait_until(lambda: [json.loads(line) for line in loop.log.splitlines() if "traced" in line])
        assert [
            (line["message"], line["task_id"], line["task_name"], line["trace_id"]) for line in lines
        ] == [
            ("traced in the log", talker["task_id"], "talk", TRACE_ID),
            ("traced in print", talker["task_id"], "talk", TRACE_ID),
        ]
