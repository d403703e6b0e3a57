"""A worker on Celery's own pool keeps what is promised.

tests/worker/test_recovery.py runs on both pools, too.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis

from celeriac.ledger.store import keys
from lab.harness.processes import is_alive
from lab.harness.program import Program
from lab.harness.servers import OTHER, running_api, running_worker
from lab.harness.waiting import wait_until
from tests.support.door import cancel, ended, run, submit
from tests.support.marks import linux_only

# No lease ends while a test runs: whoever recovers has not waited for it.
SETTINGS: dict[str, Any] = {"lease": 600, "rescue_grace": 600, "max_lost_runs": 2}
POISON = [b"", b"\xff\xfe", b"[1, 2]", b"[" * 100_000, b'{"__type__": "no", "__value__": 1}']

pytestmark = linux_only


@pytest.fixture(scope="module")
def url(new_database: Callable[[], str]) -> str:
    """A database of these tests' own."""
    return new_database()


@pytest.fixture(scope="module")
def door(url: str, directory: Path) -> Iterator[httpx.Client]:
    """A client of an API on it."""
    with running_api(directory, redis_url=url, **SETTINGS) as api, api.client() as client:
        yield client


@pytest.fixture(scope="module")
def worker(url: str, directory: Path) -> Iterator[Program]:
    """The worker of all tests."""
    with running_worker(directory, app=OTHER, redis_url=url, **SETTINGS) as worker:
        yield worker


def test_it_says_so_in_one_line_that_names_what_changed_and_what_is_lost(worker: Program) -> None:
    (line,) = (line for line in worker.log.splitlines() if "was not tested with the installed Celery" in line)
    assert "billiard's `_gone` changed: compare worker/celeriac_worker/processes/scheduler.py" in line
    assert "short tasks take two to three times as long" in line


@pytest.mark.usefixtures("worker")
def test_what_is_no_message_is_rejected(door: httpx.Client, url: str) -> None:
    with Redis.from_url(url) as redis:
        redis.lpush("default", *POISON)
        wait_until(lambda: redis.llen(keys.rejected("default")) == len(POISON))
    assert run(door, "add", x=4, y=5)["result"] == 9


@pytest.mark.usefixtures("worker")
def test_a_task_is_terminated_with_what_it_started(door: httpx.Client, tmp_path: Path) -> None:
    child = tmp_path / "child"
    task = submit(door, "tidy_up", child=str(child), mark=str(tmp_path / "mark"))
    program = int(wait_until(lambda: child.read_text() if child.exists() else ""))
    assert cancel(door, task, terminate=True).status_code == 202
    assert ended(door, task)["state"] == "cancelled"
    wait_until(lambda: not is_alive(program))
    assert (tmp_path / "mark").read_text() == "tidied up"


@pytest.mark.usefixtures("worker")
def test_so_is_one_that_does_not_let_itself(door: httpx.Client, tmp_path: Path) -> None:
    task = submit(door, "swallow", started=str(tmp_path / "started"))
    wait_until((tmp_path / "started").exists)
    cancel(door, task, terminate=True)
    assert ended(door, task)["state"] == "cancelled"


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    ("name", "error"),
    [("over_soft_limit", "SoftTimeLimitExceeded"), ("over_hard_limit", "TimeLimitExceeded")],
)
def test_its_time_limits_hold(name: str, error: str, door: httpx.Client) -> None:
    assert run(door, name)["error"]["type"] == error


@pytest.mark.usefixtures("worker")
def test_a_task_that_kills_its_process_each_time_runs_again_at_once_and_fails_with_the_reason(
    door: httpx.Client,
) -> None:
    at_end = run(door, "die")
    assert (at_end["state"], at_end["attempt"]) == ("failed", 2)
    assert "SIGKILL" in at_end["error"]["message"]
    assert run(door, "add", x=4, y=5)["result"] == 9
