"""A log line names its request or task, and never holds a payload."""

import json
import re
import signal
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from celeriac.stack.valkey import Valkey
from lab.harness.checkout import ROOT
from lab.harness.program import Program
from lab.harness.servers import ALL_TASKS, API, running_api, running_worker
from lab.harness.stack import Stack, running_stack
from lab.harness.waiting import wait_until
from tests.http.telemetry.test_trace import PARENT, TRACE_ID
from tests.support.door import Document, ended, run

# The last is a file without a task.
TASKS = f"{ALL_TASKS},lab.harness.waiting"
SECRET = "secret-in-the-input"
TEXT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (DEBUG|INFO|WARNING|ERROR|CRITICAL) [\w.]+ \S.*")
Line = dict[str, Any]


@pytest.fixture(scope="module")
def json_worker(own_database: str, directory: Path) -> Iterator[Program]:
    with running_worker(directory, redis_url=own_database, log_format="json", tasks=TASKS) as server:
        yield server


@pytest.fixture(scope="module")
def json_api(own_database: str, directory: Path) -> Iterator[API]:
    factory = "tests.support.apps:with_faults"
    settings = {"redis_url": own_database, "log_format": "json", "tasks": TASKS}
    with running_api(directory, factory=factory, **settings) as server:
        yield server


@pytest.fixture(scope="module")
def own_database(new_database: Callable[[], str]) -> str:
    return new_database()


def test_in_json_every_line_of_a_task_names_it_and_its_trace(json_worker: Program, json_api: API) -> None:
    task = logged(json_api, "a line", json_worker)
    lines = lines_of(json_worker)
    of_task = [line for line in lines if line.get("task_id") == task["task_id"]]
    (its_own,) = [line for line in of_task if line["logger"] == "somebody.else"]
    assert its_own.pop("time")
    assert its_own == {
        "level": "WARNING",
        "logger": "somebody.else",
        "message": "the line: a line",
        "number": 7,
        "task_id": task["task_id"],
        "task_name": "write_to_the_log",
        "trace_id": TRACE_ID,
    }
    loggers = [line["logger"] for line in of_task]
    assert loggers == ["celery.worker.strategy", "somebody.else", "celery.app.trace"]
    assert of_task[-1]["trace_id"] == TRACE_ID
    assert [line for line in lines if line not in of_task and task["task_id"] in str(line)] == []


def test_in_json_a_failure_is_one_line_with_its_traceback(json_worker: Program, json_api: API) -> None:
    task = logged(json_api, "fail", json_worker)
    (line,) = [
        line
        for line in lines_of(json_worker)
        if line.get("task_id") == task["task_id"] and line["level"] == "ERROR"
    ]
    assert line["exc_info"].endswith("RuntimeError: as it was told")
    assert line["trace_id"] == TRACE_ID


def test_in_json_all_that_a_worker_writes_is_json_and_no_payload(json_worker: Program, json_api: API) -> None:
    logged(json_api, "another line", json_worker)
    for line in lines_of(json_worker):
        assert list(line)[:4] == ["time", "level", "logger", "message"]
        assert datetime.fromisoformat(line["time"]).utcoffset() is not None
    assert SECRET not in json_worker.log


def test_a_file_that_declares_no_task_is_mentioned_by_worker_and_api(
    json_worker: Program, json_api: API
) -> None:
    for server in (json_worker, json_api):
        (line,) = [line for line in lines_of(server) if "declares no task" in line["message"]]
        assert line["message"].startswith(f"{ROOT}/lab/harness/waiting.py declares no task: put @task above")
        assert line["level"] == "WARNING"


def test_in_json_a_line_of_the_api_names_its_request(json_api: API) -> None:
    with json_api.client() as client:
        failed = client.post("/add", json={"x": 1, "y": 2}, headers={"x-fault": "early"})
    (line,) = [line for line in lines_of(json_api) if line["level"] == "ERROR"]
    assert (line["logger"], line["message"]) == ("celeriac_api.server.outermost", "POST /add failed")
    assert line["request_id"] == failed.headers["x-request-id"]
    assert "a secret in the fault" in line["exc_info"]
    started = [line for line in lines_of(json_api) if line["logger"] == "uvicorn.error"]
    assert any(line["message"] == "Application startup complete." for line in started)
    assert all("request_id" not in line for line in started)


def test_in_text_every_line_has_the_same_fields(client: httpx.Client, worker: Program) -> None:
    sent = client.post("/write_to_the_log", json={"line": "in text"}, headers={"traceparent": PARENT})
    task = ended(client, sent.json())
    (line,) = wait_until(lambda: [line for line in worker.log.splitlines() if "the line: in text" in line])
    assert TEXT.fullmatch(line)
    fields = f"task_id={task['task_id']} task_name=write_to_the_log trace_id={TRACE_ID}"
    assert line.endswith(f" WARNING somebody.else the line: in text {fields}")


def test_in_json_what_a_task_prints_is_json_and_names_it(json_worker: Program, json_api: API) -> None:
    with json_api.client() as client:
        task = run(client, "print_and_warn")
    wait_until(lambda: "no end" in json_worker.log)  # it is written after the end of the task
    printed = [line for line in lines_of(json_worker) if line["logger"] in ("stdout", "stderr")]
    of_task = [line for line in printed if line.get("task_id") == task["task_id"]]
    assert [(line["logger"], line["message"]) for line in of_task] == [
        ("stdout", "printed on standard output"),
        ("stderr", "printed on standard error"),
        ("stdout", "no end"),
    ]
    assert {line["task_name"] for line in of_task} == {"print_and_warn"}


def test_make_run_writes_the_lines_of_uvicorn_in_the_same_form_but_for_probes(tmp_path: Path) -> None:
    with running_stack(tmp_path) as stack, stack.api() as client:
        line = asked_for_nonsense(stack, client)
        assert " /livez HTTP" not in stack.output
    written = line.partition("│ ")[2]
    assert TEXT.fullmatch(written)
    assert written.endswith('"GET /livez?nothing=1 HTTP/1.1" 422 request_id=my-request')


def test_in_json_every_line_of_make_run_is_an_object(tmp_path: Path) -> None:
    with running_stack(tmp_path, log_format="json", tasks=ALL_TASKS) as stack, stack.api() as client:
        access = json.loads(asked_for_nonsense(stack, client))
        assert (access["logger"], access["request_id"]) == ("uvicorn.access", "my-request")
        task = run(client, "print_and_warn")
        run(client, "fail", message="two\nlines")
        stack.signal(signal.SIGINT)
        stack.exit_code()
    lines = [json.loads(line) for line in stack.output.splitlines()]
    assert {line["logger"] for line in lines} >= {"valkey", "celeriac", "uvicorn.access", "stdout"}
    assert {tuple(line)[:4] for line in lines} == {("time", "level", "logger", "message")}
    (printed,) = [line for line in lines if line["message"] == "printed on standard output"]
    assert printed["task_id"] == task["task_id"]


def asked_for_nonsense(stack: Stack, client: httpx.Client) -> str:
    """The line of the access log for a request that was refused."""
    asked = client.get("/livez", params={"nothing": 1}, headers={"x-request-id": "my-request"})
    assert asked.status_code == 422
    (line,) = wait_until(lambda: [line for line in stack.output.splitlines() if "my-request" in line])
    return line


def test_what_is_done_for_all_requests_names_none_of_them(directory: Path) -> None:
    with (
        Valkey(directory / "leaves") as valkey,
        running_api(directory, redis_url=valkey.url) as api,
        api.client() as client,
    ):
        task = client.post("/add", json={"x": 1, "y": 2}).json()
        client.get(task["links"]["self"], params={"wait": 1})
        valkey.kill()
        refused = client.post("/add", json={"x": 1, "y": 2}, headers={"x-request-id": "my-request"})
        assert refused.status_code == 503
        (mine,) = wait_until(lambda: [one for one in api.log.splitlines() if "redis did not answer" in one])
        (shared, *_) = wait_until(lambda: [one for one in api.log.splitlines() if "subscriber conn" in one])
    assert mine.endswith(" request_id=my-request")
    assert "request_id" not in shared


def logged(api: API, line: str, worker: Program) -> Document:
    """A task that has written this line, when its last line is written."""
    with api.client() as client:
        headers = {"traceparent": PARENT}
        sent = client.post("/write_to_the_log", json={"line": line, "secret": SECRET}, headers=headers)
        task = ended(client, sent.json())
    wait_until(lambda: re.search(rf"{task['task_id']}\S* (succeeded|raised)", worker.log))
    return task


def lines_of(server: Program) -> list[Line]:
    """All that it has written, each line of it JSON, but for what Celery says to root before it opens its log."""
    whole = server.log[server.log.index("{") :].rpartition("\n")[0]
    return [json.loads(line) for line in whole.splitlines()]
