"""Every end of a task is reported truthfully, and the worker goes on."""

import json
import re
from collections.abc import Mapping

import httpx
import pytest
from redis import Redis

from lab.harness.program import Program
from tests.support.door import Document, ended, run, submit

# For each task that fails: the error's type, and words of its message.
FAILURES = {
    "over_soft_limit": ("SoftTimeLimitExceeded", "the task ran longer than its soft time limit of 0.3 s"),
    "over_hard_limit": ("TimeLimitExceeded", "longer than its time limit of 1.0 s"),
    "over_hard_limit_alone": ("TimeLimitExceeded", "longer than its time limit of 0.5 s"),
    "die": ("WorkerLostError", "SIGKILL"),
    "drop_out": ("WorkerLostError", "exitcode 3"),
    "leave": ("Exited", "the task raised SystemExit(enough)"),
    "interrupt": ("Exited", "the task raised KeyboardInterrupt()"),
    "exhaust_memory": ("OutOfMemory", "1 EiB"),
    "recurse": ("RecursionError", "maximum recursion depth exceeded"),
    "raise_beyond": ("Beyond", "no Exception"),
    "raise_cancelled": ("CancelledError", "called off"),
    "raise_unprintable": ("Unprintable", "(the exception could not be turned into text)"),
    "raise_stubborn": ("Stubborn", "code 7"),
    "raise_with_nan": ("ValueError", "(nan, inf)"),
    "raise_with_huge_integer": ("ValueError", ""),
    "raise_with_lone_surrogate": ("ValueError", "before \\ud800 after"),
    "raise_with_object": ("ValueError", "<object object at"),
    "raise_at_length": ("ValueError", "x" * 9_960 + "… (4,990,040 characters more)"),
    "raise_group": ("ExceptionGroup", "two of them (2 sub-exceptions)"),
    "raise_from_cause": ("ValueError", "second 🥬"),
    "raise_kept": ("ValueError", "kept"),
    "raise_ignore": ("Exited", "the task raised Ignore(nothing to see)"),
    "raise_reject": ("Exited", "the task raised Reject("),
    "raise_retry": ("Exited", "the task raised Retry("),
    "always_fails": ("ConnectionError", "attempt 3"),
    "fails_otherwise": ("ValueError", "attempt 1"),
    "return_nan": ("InvalidResult", "the task returned nan"),
    "return_infinity": ("InvalidResult", "-inf"),
    "return_nan_as_anything": ("InvalidResult", "nan"),
    "return_lone_surrogate": ("InvalidResult", "surrogate"),
    "return_huge_integer": ("InvalidResult", "digits"),
    "return_huge_integer_as_anything": ("InvalidResult", "digits"),
    "return_wrong_type": ("InvalidResult", "'four'"),
    "return_wrong_type_further_in": ("InvalidResult", "'two'"),
    "return_nothing_at_all": ("InvalidResult", "None"),
    "return_object": ("InvalidResult", "<object object at"),
    "return_function": ("InvalidResult", "print"),
    "return_deep": ("InvalidResult", "the task returned a list: "),
    "return_too_much": (
        "ResultTooLarge",
        "bytes of JSON, more than CELERIAC_MAX_RESULT_BYTES (10,485,760): return less",
    ),
    "return_cycle": ("InvalidResult", "Circular"),
    "return_typed_value": ("InvalidResult", "the members '__type__' and '__value__'"),
    "return_typed_value_further_in": ("InvalidResult", "the members '__type__' and '__value__'"),
    "raise_with_typed_value": ("ValueError", "nonsense"),
    "return_raw_bytes": ("InvalidResult", ""),
}


@pytest.fixture(scope="module")
def failed(client: httpx.Client) -> Mapping[str, Document]:
    """All of these tasks at their end, submitted at once: some take seconds, and others lose a process of the pool."""
    submitted = {name: submit(client, name) for name in FAILURES}
    return {name: ended(client, task) for name, task in submitted.items()}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_is_told_with_its_type_and_message(name: str, failed: Mapping[str, Document]) -> None:
    kind, words = FAILURES[name]
    task = failed[name]
    assert (task["state"], task["ready"], task["successful"], task["result"]) == ("failed", True, False, None)
    assert task["error"]["type"] == kind
    assert words in task["error"]["message"]
    assert len(task["error"]["message"]) <= 10_000


def test_a_failure_without_retries_was_one_attempt(failed: Mapping[str, Document]) -> None:
    attempts = {name: task["attempt"] for name, task in failed.items()}
    assert attempts.pop("always_fails") == 3
    assert [attempts.pop(name) for name in ("die", "drop_out")] == [
        3,
        3,
    ]  # as often as a worker may be lost with it
    assert set(attempts.values()) == {1}


def test_a_long_error_is_cut_wherever_it_is_written(
    failed: Mapping[str, Document], redis: Redis, worker: Program
) -> None:
    task_id = failed["raise_at_length"]["task_id"]
    for name in redis.keys(f"*{task_id}*"):
        assert (redis.memory_usage(name) or 0) < 100_000, name
    kept = json.loads(redis.get(f"celery-task-meta-{task_id}") or "")
    assert "Traceback (most recent call last)" in kept["traceback"]
    assert kept["result"]["exc_type"] == "ValueError"
    assert max(map(len, worker.log.splitlines())) < 20_000


def test_no_failure_shows_its_traceback_unless_configured(failed: Mapping[str, Document]) -> None:
    assert {task["error"]["traceback"] for task in failed.values()} == {None}


def test_the_worker_still_works_after_every_failure(
    client: httpx.Client, failed: Mapping[str, Document], worker: Program
) -> None:
    assert len(failed) == len(FAILURES)
    assert [run(client, "add", x=number, y=1)["result"] for number in range(4)] == [1, 2, 3, 4]
    assert "Unrecoverable error" not in worker.log


def test_a_task_that_has_ended_leaves_no_key_without_an_end_but_the_worker_s_own(
    redis: Redis, failed: Mapping[str, Document]
) -> None:
    keys = [
        name for name in redis.keys("celer*") for task in failed.values() if task["task_id"].encode() in name
    ]
    assert 2 * len(failed) <= len(keys) <= 3 * len(failed)  # record and result; of some a history
    assert {redis.ttl(name) > 0 for name in keys} == {True}


@pytest.mark.parametrize(
    ("name", "task_input", "result"),
    [
        ("add", {"x": 4, "y": 5}, 9),
        ("add", {"x": 10**4_298, "y": -1}, 10**4_298 - 1),
        ("primes", {"limit": 100_000}, {"count": 9592, "largest": 99_991}),
        ("primes", {"limit": 1}, {"count": 0, "largest": None}),
        ("word_count", {"text": "To be or not to be"}, {"to": 2, "be": 2, "or": 1, "not": 1}),
        ("flaky", {"failures": 2}, "succeeded on attempt 3"),
        ("tidy_up_at_soft_limit", {}, "tidied up"),
        ("slow_at_first", {}, "quick"),
        ("exits_at_first", {}, "stayed"),
        ("return_large_integer", {}, 10**4_299),
        (
            "return_unicode",
            {},
            'zero \x00, quote ", backslash \\, line \u2028, snow ☃, celeriac 🥬, last \U0010ffff',
        ),
        ("return_at_length", {"size": 8_000_000}, "x" * 8_000_000),
        ("return_almost_typed_value", {}, {"__type__": "datetime", "__value__": 1, "more": "__type__"}),
        ("return_generator", {}, [0, 1, 2]),
        ("print_and_warn", {}, "done"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_success_is_told_with_its_result(
    client: httpx.Client, name: str, task_input: Document, result: object
) -> None:
    task = run(client, name, **task_input)
    assert (task["state"], task["successful"], task["error"]) == ("succeeded", True, None)
    assert task["result"] == result


def test_a_failed_starter_task_has_the_message_it_was_given(client: httpx.Client) -> None:
    task = run(client, "fail", message="no such invoice: 7 %s {x}")
    assert task["error"] == {
        "type": "RuntimeError",
        "message": "no such invoice: 7 %s {x}",
        "traceback": None,
    }


def test_a_flaky_task_fails_for_good_when_its_attempts_run_out(client: httpx.Client) -> None:
    task = run(client, "flaky", failures=10)
    assert task["state"] == "failed"
    assert task["attempt"] == 5
    assert task["error"]["message"] == "attempt 5 failed as asked"


def test_a_result_nested_a_hundred_deep_is_given_back_and_a_deeper_one_fails(client: httpx.Client) -> None:
    assert run(client, "return_somewhat_deep", depth=100)["state"] == "succeeded"
    for depth in (101, 200, 900, 5_000):
        task = run(client, "return_somewhat_deep", depth=depth)
        assert task["error"]["type"] == "InvalidResult"
        assert re.search("nested|depth", task["error"]["message"])


def test_what_a_task_prints_and_returns_stays_out_of_the_document_and_its_input_out_of_the_log(
    client: httpx.Client, worker: Program
) -> None:
    run(client, "word_count", text="secret-in-the-input")
    run(client, "fail", message="secret-in-the-error")
    assert "secret-in-the-input" not in worker.log
