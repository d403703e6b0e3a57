"""Operators see all of a failure; others no traceback, password or directory."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from redis import Redis

from celeriac.stack.valkey import Valkey
from celeriac.values.short_text import LONGEST_TRACEBACK
from lab.harness.servers import running_api
from tests.http.access.keys import bearer, file_key, write_keys
from tests.support.door import document, run, shown

# What a task raises, and what of it those see who may not operate.
MESSAGES = {
    "[Errno 2] No such file or directory: '/srv/shop/data/customers.csv'": "[Errno 2] No such file or directory: '…/customers.csv'",
    "cannot open /home/ada/.ssh/id_rsa, /etc/passwd and /usr/lib/x.so": "cannot open …/id_rsa, …/passwd and …/x.so",
    "connecting to postgres://shop:hunter2@db.internal/orders": "connecting to postgres://***@db.internal/orders",
    "password=hunter2 user=ada": "password=*** user=ada",
    "{'api_key': 'sk-123456', 'tries': 2}": "{'api_key': '***', 'tries': 2}",
    "401 for Bearer abcdefghijklmnop": "401 for Bearer ***",
    "GET https://example.com/usr/home/x?y=/tmp failed at /tasks/12": "GET https://example.com/usr/home/x?y=/tmp failed at /tasks/12",
    "no such invoice: 12/2026, a/b, and/or": "no such invoice: 12/2026, a/b, and/or",
}
OTHERS_FRAMES = re.compile(r'File "[^"]*/(celery|billiard|kombu|celeriac_worker|celeriac|pydantic)/')


@pytest.fixture(scope="module")
def operator(valkey: Valkey, directory: Path) -> Iterator[httpx.Client]:
    """A client who may see everything, of another API beside the same worker."""
    with running_api(directory, redis_url=valkey.url, show_tracebacks=True) as api, api.client() as client:
        yield client


def test_with_keys_the_scope_operate_decides_who_sees_all(
    client: httpx.Client, valkey: Valkey, directory: Path, tmp_path: Path
) -> None:
    chief, chief_secret = file_key("chief", "submit", "read", "operate", owner="shop")
    clerk, clerk_secret = file_key("clerk", "submit", "read", owner="shop")
    file, message = write_keys(tmp_path / "keys.json", chief, clerk), "password=hunter2"
    assert client.get("/livez").status_code == 200  # whose worker runs it
    with running_api(directory, redis_url=valkey.url, keys_file=file) as api, api.client() as keyed:
        as_chief, as_clerk = bearer(chief_secret), bearer(clerk_secret)
        waiting = {**as_clerk, "Prefer": "wait=30"}
        submitted = document(keyed.post("/fail", json={"message": message}, headers=waiting))
        path = submitted["links"]["self"]
        whole = document(keyed.get(path, headers=as_chief))["error"]
        assert whole["message"] == message
        assert "raise RuntimeError" in whole["traceback"]
        part = {"type": "RuntimeError", "message": "password=***", "traceback": None}
        assert submitted["error"] == document(keyed.get(path, headers=as_clerk))["error"] == part
        for headers, error in ((as_chief, whole), (as_clerk, part)):
            assert document(keyed.get("/tasks", headers=headers))["items"][0]["error"] == error
            told = keyed.get(f"{path}/events", headers=headers).text
            assert (message in told) is (headers is as_chief)


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_is_whole_for_operators_and_without_secrets_and_paths_for_others(
    message: str, client: httpx.Client, operator: httpx.Client
) -> None:
    task = run(client, "fail", message=message)
    assert shown(operator, task)["error"]["message"] == message
    assert task["error"] == {"type": "RuntimeError", "message": MESSAGES[message], "traceback": None}
    conflict = document(client.get(task["links"]["result"]))["detail"]
    assert conflict.endswith(f"RuntimeError: {MESSAGES[message]}")
    listed = document(client.get("/tasks?limit=1"))["items"][0]
    assert listed["error"] == task["error"]
    assert MESSAGES[message] in json.dumps(shown(client, task), ensure_ascii=False)
    events = client.get(task["links"]["events"]).text
    assert message == MESSAGES[message] or message not in events


@pytest.mark.parametrize(
    ("name", "frames", "words"),
    [
        ("raise_from_cause", 1, ["KeyError: 'first'", "ValueError: second 🥬"]),
        ("raise_group", 1, ["ValueError: one", "KeyError: 'two'"]),
        ("over_soft_limit", 1, ["SoftTimeLimitExceeded"]),
        ("leave", 1, ["SystemExit: enough", "Exited: the task raised"]),
        ("exhaust_memory", 1, ["MemoryError: 1 EiB"]),
        ("raise_at_length", 1, ["characters more)"]),
        ("raise_with_lone_surrogate", 1, ["before \\ud800 after"]),
        ("recurse", 2, ["RecursionError", "Previous line repeated"]),
    ],
)
def test_a_traceback_is_bounded_and_its_frames_begin_at_the_task_s_function(
    name: str, frames: int, words: list[str], operator: httpx.Client
) -> None:
    traceback = run(operator, name)["error"]["traceback"]
    assert [word for word in words if word not in traceback] == []
    assert len(traceback) <= LONGEST_TRACEBACK + 100
    files = re.findall(r'File "([^"]*)"', traceback)
    assert len(files) >= frames
    assert Path(files[0]).name == "endings.py"
    assert {Path(file).name for file in files} <= {
        "endings.py",
        "pool.py",
    }  # where billiard's signals come in


@pytest.mark.parametrize("name", ["over_hard_limit_alone", "return_nan", "die", "raise_unprintable"])
def test_a_failure_outside_of_the_function_has_no_traceback_of_the_worker_s(
    name: str, operator: httpx.Client, redis: Redis
) -> None:
    task = run(operator, name)
    kept = json.loads(redis.get(f"celery-task-meta-{task['task_id']}") or "")["traceback"]
    assert not OTHERS_FRAMES.search(kept or "")
    assert task["error"]["traceback"] == kept
