"""`run_task` comes to the same end as the API and a real worker."""

import json
import re
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from celeriac import RetryPolicy, context, task
from celeriac.client.errors import InvalidInput, Problem
from celeriac.contract.catalog import load_implementations
from celeriac.ledger.model.task import Failure
from celeriac.testing import Outcome, Progress, run_task
from lab.harness.servers import ALL_TASKS
from lab.harness.waiting import wait_until
from tasks.numbers import add
from tasks.trouble import flaky
from tests.support.door import Document, cancel, document, ended, submit
from tests.tasks import endings, pace, secrets, starting, telling

FUNCTIONS = {name: each.function for name, each in load_implementations(ALL_TASKS).items()}
ONE_PIXEL = FUNCTIONS["thumbnail"].__celeriac__.definition.examples[0]  # type: ignore[attr-defined]  # set by @task
NO_INPUT = (
    "always_fails exhaust_memory exits_at_first fails_otherwise leave over_soft_limit print_and_warn raise_at_length "
    "raise_beyond raise_cancelled raise_from_cause raise_group raise_ignore raise_kept raise_reject raise_retry raise_stubborn "
    "raise_unprintable raise_with_huge_integer raise_with_lone_surrogate raise_with_nan raise_with_typed_value recurse "
    "return_almost_typed_value return_cycle return_deep return_function return_generator return_huge_integer "
    "return_huge_integer_as_anything return_infinity return_large_integer return_lone_surrogate return_nan return_nan_as_anything "
    "return_nothing_at_all return_raw_bytes return_too_much return_typed_value return_typed_value_further_in return_unicode "
    "return_wrong_type return_wrong_type_further_in slow_at_first stop_unasked tell_in_threads tidy_up_at_soft_limit"
).split()
# Names of tasks, each with an input.
CASES: list[tuple[str, Document]] = [
    *((name, {}) for name in NO_INPUT),
    ("add", {"x": 4, "y": 5}),
    ("add", {"x": 10**4_298, "y": -1}),
    ("primes", {"limit": 30_000}),
    ("word_count", {"text": "To be or not to be"}),
    ("thumbnail", ONE_PIXEL),
    ("thumbnail", {"image": "bm8gaW1hZ2U=", "width": 1}),
    ("flaky", {"failures": 0}),
    ("flaky", {"failures": 2}),
    ("fail", {"message": "no such invoice: 7 %s {x}"}),
    ("sign_in", {"user": "ada", "password": "lovelace", "card": {"number": "7"}}),
    ("return_somewhat_deep", {"depth": 100}),
    ("return_somewhat_deep", {"depth": 101}),
    ("tell_all", {"lines": 7}),
    ("say_and_return", {"text": "🥬" * 70_000}),
    ("tell_at_length", {"lines": 2, "characters": 70_000}),
]


@pytest.fixture(scope="module")
def stored(client: httpx.Client) -> list[Document]:
    """For each case, the document of its end by the real worker."""
    tasks = [submit(client, name, **task_input) for name, task_input in CASES]
    return [ended(client, task) for task in tasks]


@pytest.mark.parametrize("place", range(len(CASES)), ids=lambda place: CASES[place][0])
def test_the_end_is_the_one_that_the_worker_stores(
    place: int, stored: list[Document], client: httpx.Client
) -> None:
    name, task_input = CASES[place]
    outcome, task = run_task(FUNCTIONS[name], input=task_input), stored[place]
    error = task["error"] and without_addresses(task["error"])
    assert shown(outcome) == {member: {**task, "error": error}[member] for member in shown(outcome)}
    log, output = reports_of(client, task)
    assert (sorted(outcome.log), outcome.output) == (sorted(log), output)


def shown(outcome: Outcome) -> Document:
    """The outcome as members of the task document, as who may not see the traceback gets it."""
    error = outcome.error and {
        "type": outcome.error.type,
        "message": outcome.error.message,
        "traceback": None,
    }
    return {
        "state": outcome.state,
        "result": outcome.result,
        "error": error and without_addresses(error),
        "attempt": outcome.attempts,
        "progress": outcome.progress[-1]._asdict() if outcome.progress else None,
    }


def without_addresses(error: Document) -> Document:
    """The same error in any process."""
    return {**error, "message": re.sub(r"0x[0-9a-f]+", "0x…", error["message"])}


def reports_of(client: httpx.Client, task: Document) -> tuple[list[str], list[str]]:
    """The lines of the log and the pieces of the output, as the API streams them."""
    events = client.get(task["links"]["events"]).text.split("\n\n")
    fields = [dict(line.split(": ", 1) for line in event.split("\n") if ": " in line) for event in events]
    data = {
        kind: [json.loads(each["data"]) for each in fields if each.get("event") == kind]
        for kind in ("log", "output")
    }
    return [log["line"] for log in data["log"]], [output["chunk"] for output in data["output"]]


def test_a_request_to_cancel_ends_a_task_as_it_does_in_a_worker(client: httpx.Client, tmp_path: Path) -> None:
    for function in (pace.stop_when_asked, pace.finish_although_asked, pace.fail_when_asked):
        started = tmp_path / function.__name__
        real = submit(client, function.__name__, started=str(started))
        wait_until(started.exists)
        cancel(client, real)
        outcome = run_task(function, started=str(started), cancel_after=3)
        task = ended(client, real)
        assert shown(outcome) == {member: task[member] for member in shown(outcome)}


def test_nobody_has_asked_before_the_given_number_of_calls() -> None:
    assert run_task(count_until_cancelled, cancel_after=0).result == 0
    assert run_task(count_until_cancelled, cancel_after=3).result == 3
    assert run_task(pace.stop_unasked, cancel_after=1).state == "failed"
    assert run_task(pace.stop_unasked, cancel_after=0).error == Failure(
        "TaskRevokedError", "nobody asked", None
    )


@pytest.mark.parametrize(
    "body",
    [
        '{"x": "4", "y": 5}',
        '{"x": 4, "y": 5, "z": 6}',
        "{}",
        "[]",
        "",
        "{",
        '{"x": 1e999, "y": 5}',
        '{"x": 4, "x": 4, "y": 5}',
        '{"x": NaN, "y": 5}',
        '{"x": 4, "y": 5, "z": ' + "[" * 40 + "]" * 40 + "}",
        '{"x": 4, "y": 5, "z": "' + "x" * 1_048_576 + '"}',
    ],
    ids=lambda body: body[:24],
)
def test_an_input_is_refused_as_the_api_refuses_it(body: str, client: httpx.Client) -> None:
    with pytest.raises(Problem) as refusal:
        run_task(add, input=body)
    answer = client.post("/add", content=body, headers={"content-type": "application/json"})
    assert refusal.value.status == answer.status_code
    same = ("type", "title", "status", "instance", "errors")
    assert [refusal.value.problem.get(name) for name in same] == [document(answer).get(name) for name in same]


def test_the_waits_of_retries_are_recorded_and_nobody_waits() -> None:
    outcome = run_task(retry_by_the_hour)
    assert (outcome.state, outcome.attempts) == ("failed", 3)
    hour = timedelta(hours=1)
    assert [hour / 2 <= wait <= hour for wait in outcome.waits] == [True, True]
    assert run_task(flaky, failures=2).attempts == 3


def test_reports_of_all_attempts_are_kept_each_once_also_those_that_follow_fast() -> None:
    outcome = run_task(report_and_fail)
    assert outcome.progress == [Progress(1, 2, "half"), Progress(2, 2, None)] * 2
    assert outcome.log == ["attempt 1", "attempt 2"]
    assert outcome.output == ["a", "b"] * 2


def test_hidden_values_are_shown_nowhere_and_reach_the_function() -> None:
    outcome = run_task(secrets.sign_in, user="ada", password="lovelace")
    assert (outcome.result, outcome.input) == ("welcome, ada", {"user": "ada", "password": "hidden"})
    assert "lovelace" not in repr(outcome)


def test_an_error_begins_at_the_function_and_is_at_hand() -> None:
    outcome = run_task(endings.raise_from_cause)
    assert outcome.error is not None
    assert "tests/tasks/endings.py" in (outcome.error.traceback or "")
    assert "celeriac/" not in (outcome.error.traceback or "")
    assert isinstance(outcome.exception, ValueError)


def test_a_time_limit_may_be_shorter_in_a_test_and_ends_with_the_run() -> None:
    before = signal.getsignal(signal.SIGUSR1)
    outcome = run_task(pace.hold, until="/nowhere", soft_time_limit=timedelta(seconds=0.05))
    assert outcome.error is not None
    assert outcome.error.message == "the task ran longer than its soft time limit of 0.05 s"
    assert signal.getsignal(signal.SIGUSR1) is before
    threads = ThreadPoolExecutor(1)
    assert threads.submit(run_task, add, x=4, y=5).result().result == 9


def test_the_settings_of_the_environment_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CELERIAC_MAX_RESULT_BYTES", "1024")
    outcome = run_task(telling.say_and_return, text="x" * 1024)
    assert outcome.error is not None
    assert outcome.error.type == "ResultTooLarge"


def test_the_test_goes_on_with_its_own_context_and_its_own_ways_out() -> None:
    run_task(flaky, failures=1)
    assert (context.attempt(), context.cancelled()) == (1, False)
    with pytest.raises(pytest.fail.Exception, match="not like this"):
        run_task(fail_the_test)
    with pytest.raises(KeyboardInterrupt):
        run_task(endings.interrupt)


def test_what_is_not_a_task_and_two_inputs_are_refused_in_words() -> None:
    with pytest.raises(TypeError, match="is not a task: put @task above the function"):
        run_task(without_addresses)
    with pytest.raises(TypeError, match="give no other fields"):
        run_task(add, input='{"x": 4}', y=5)


@task
def count_until_cancelled() -> int:
    """How often nobody had asked."""
    return next(number for number in count() if context.cancelled())


@task(retry=RetryPolicy(backoff=timedelta(hours=1), max_backoff=timedelta(hours=1)))
def retry_by_the_hour() -> None:
    """Fail, three times."""
    raise ConnectionError("nobody home")


@task(retry=RetryPolicy(attempts=2))
def report_and_fail() -> None:
    """Report, and fail."""
    context.log(f"attempt {context.attempt()}")
    context.progress(1, 2, "half")
    context.progress(2, 2)
    context.emit("a")
    context.emit("b")
    raise ValueError("after all")


@task
def fail_the_test() -> None:
    """As a fake of a test does that must not be called."""
    pytest.fail("not like this")


def test_the_tasks_that_it_submits_are_recorded_and_checked() -> None:
    outcome = run_task(starting.count_each, texts=["to be", "or not"])
    first, second = outcome.submissions
    assert (first.name, first.input) == ("word_count", {"text": "to be"})
    assert outcome.result == [first.id, second.id]
    again = run_task(starting.submit_each, submissions=[{"name": "add", "x": 1, "y": 2, "delay": 5}], fails=2)
    (only,) = again.submissions
    assert (again.attempts, only.delay, only.queue) == (3, timedelta(seconds=5), None)


@task
def submit_wrong(depth: int) -> None:
    """Submit what no task accepts."""
    value: Any = "1"
    for _ in range(depth):
        value = [value]
    context.submit(add, x=value, y={"__type__": 1, "__value__": 2} if depth == 1 else 5)


@pytest.mark.parametrize(
    ("depth", "words"),
    [
        (0, "/x: Input should be a valid integer"),
        (1, "has a special meaning in Celery"),
        (40, "nested more than 32 levels deep"),
    ],
)
def test_what_it_submits_is_checked_as_at_the_door(depth: int, words: str) -> None:
    error = run_task(submit_wrong, depth=depth).exception
    assert isinstance(error, InvalidInput)
    assert words in str(error)


def test_outside_a_run_nothing_can_be_submitted() -> None:
    with pytest.raises(RuntimeError, match=r"Elsewhere, use celeriac\.Client"):
        context.submit(add, x=4, y=5)
    with pytest.raises(RuntimeError):
        starting.count_each(["to be"])
