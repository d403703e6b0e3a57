"""Stock Celery reads our worker's results, and our worker runs its messages."""

import base64
import json
import pickle
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis

from lab.harness.program import Program
from tests.conformance.stock import CeleryProgram
from tests.support.door import in_state, run, submit

TEXT = 'zero \0, quote ", line \u2028, celeriac 🥬'


@pytest.mark.parametrize("value", [9, 10**4_000, TEXT, [0.1, True, {"": None}], None])
def test_a_result_is_read_by_async_result(client: httpx.Client, program: CeleryProgram, value: Any) -> None:
    task = run(client, "give_back_anything", value=value)
    told = program.do("ask", task_id=task["task_id"])
    assert told == {"task_id": task["task_id"], "state": "SUCCESS", "value": value}


def test_a_result_is_waited_for_by_async_result(
    client: httpx.Client, program: CeleryProgram, tmp_path: Path
) -> None:
    task = submit(client, "due_at_once", until=str(tmp_path / "file"))
    (tmp_path / "file").touch()
    assert program.do("ask", task_id=task["task_id"])["value"] == "let go"


def test_a_failure_is_read_by_async_result(client: httpx.Client, program: CeleryProgram) -> None:
    task = run(client, "fail", message=TEXT)
    told = program.do("ask", task_id=task["task_id"])
    assert (told["state"], told["error"], told["message"]) == ("FAILURE", "RuntimeError", TEXT)


@pytest.mark.parametrize(
    ("name", "error"),
    [("return_typed_value_further_in", "InvalidResult"), ("raise_with_typed_value", "ValueError")],
)
def test_what_celery_could_not_read_back_is_read_as_a_failure(
    client: httpx.Client, program: CeleryProgram, name: str, error: str
) -> None:
    told = program.do("ask", task_id=run(client, name)["task_id"])
    assert (told["state"], told["error"]) == ("FAILURE", error)


def test_the_states_on_the_way_are_read_by_async_result(
    client: httpx.Client, program: CeleryProgram, tmp_path: Path
) -> None:
    queued, late = submit(client, "unserved"), submit(client, "retry_in_an_hour")
    running = submit(client, "hold", until=str(tmp_path / "file"))
    in_state(client, late, "retrying")
    in_state(client, running, "running")
    told = [program.do("state", task_id=task["task_id"]) for task in (queued, running, late)]
    (tmp_path / "file").touch()
    assert told == ["PENDING", "STARTED", "RETRY"]


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    ("task", "args", "kwargs", "value"),
    [
        ("add", [4, 5], {}, 9),
        ("add", [4], {"y": 5}, 9),
        ("add", [], {"x": 10**4_000, "y": 1}, 10**4_000 + 1),
        ("give_back_anything", [TEXT], {}, TEXT),
    ],
    ids=["positional", "mixed", "by name", "unicode"],
)
def test_a_task_that_stock_celery_sends_by_name_is_run_and_its_result_read(
    program: CeleryProgram, task: str, args: list[Any], kwargs: dict[str, Any], value: Any
) -> None:
    told = program.do("send", task=task, args=args, kwargs=kwargs)
    assert (told["state"], told["value"]) == ("SUCCESS", value)


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    ("task", "args", "error"),
    [
        ("fail", ["no such invoice"], "RuntimeError"),
        ("add", ["4", 5], "InvalidInput"),
        ("add", [1, 2, 3], "InvalidInput"),
    ],
    ids=["an error", "a wrong type", "too many"],
)
def test_a_task_that_stock_celery_sends_by_name_and_that_fails_is_read_as_failed(
    program: CeleryProgram, task: str, args: list[Any], error: str
) -> None:
    told = program.do("send", task=task, args=args, kwargs={})
    assert (told["state"], told["error"]) == ("FAILURE", error)


def test_a_pickle_is_refused_without_being_opened_and_the_worker_goes_on(
    worker: Program,
    program: CeleryProgram,
    quiet_program: CeleryProgram,
    redis: Redis,
    quiet_redis: Redis,
    tmp_path: Path,
) -> None:
    file = tmp_path / "file"
    task_id = quiet_program.do("send_pickle", file=str(file))
    (message,) = quiet_redis.lrange("default", 0, -1)
    assert opened_makes(file, message)
    redis.lpush("default", message)
    assert program.do("send", task="add", args=[4, 5], kwargs={})["value"] == 9
    assert "its content type is 'application/x-python-serialize'; only JSON is supported" in worker.log
    assert program.do("state", task_id=task_id) == "PENDING"
    assert not file.exists()


def opened_makes(file: Path, message: bytes | str) -> bool:
    """Whether this message makes the file where it is unpickled; the file is taken away again."""
    _, kwargs, _ = pickle.loads(base64.b64decode(json.loads(message)["body"]))  # noqa: S301 - our own
    kwargs["x"].close()
    made = file.exists()
    file.unlink(missing_ok=True)
    return made
