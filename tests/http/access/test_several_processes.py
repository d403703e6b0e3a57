"""A change of keys counts in each process of the API within five seconds, whoever made it."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from celeriac.command.keys import actions
from lab.harness.servers import running_api
from lab.harness.waiting import wait_until
from tests.http.access.keys import bearer, file_key, stored_key, write_keys
from tests.support.door import document, problem_of

SOON = 5.0
BOSS, BOSS_SECRET = file_key("boss", "admin")
MOUNTED, MOUNTED_SECRET = file_key("mounted", "read", "metrics")


@pytest.fixture(scope="module")
def url(new_database: Callable[[], str]) -> str:
    """The Redis of both."""
    return new_database()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of keys of both."""
    return write_keys(tmp_path_factory.mktemp("keys") / "keys.json", BOSS, MOUNTED)


@pytest.fixture(scope="module")
def processes(url: str, file: Path, directory: Path) -> Iterator[list[httpx.Client]]:
    """Clients of two processes of the API."""
    with ExitStack() as stack:
        apis = [stack.enter_context(running_api(directory, redis_url=url, keys_file=file)) for _ in range(2)]
        yield [stack.enter_context(api.client()) for api in apis]


def until_all(processes: list[httpx.Client], statuses: dict[str, int]) -> None:
    """Wait until each process answers to each of these keys with this status, when it asks for the tasks."""
    for secret, status in statuses.items():
        for process in processes:
            wait_until(lambda p=process, s=secret: p.get("/tasks", headers=bearer(s)).status_code == status)  # noqa: B023 - it is over before the next one


def test_each_process_learns_of_a_revocation_and_of_other_scopes_within_five_seconds(
    processes: list[httpx.Client], url: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = processes
    boss = bearer(BOSS_SECRET)
    made = first.post("/keys", json={"name": "turned", "scopes": ["read"]}, headers=boss)
    turned, by_api, by_command = (
        document(made)["key"], stored_key(url, "by-api", "read"), stored_key(url, "by-command", "read"),
    )  # fmt: skip
    until_all(processes, dict.fromkeys((turned, by_api, by_command, MOUNTED_SECRET), 200))

    began = time.monotonic()
    monkeypatch.setenv("CELERIAC_REDIS_URL", url)
    actions.revoke("by-command")
    write_keys(file, BOSS, {**MOUNTED, "scopes": ["metrics"]})
    assert second.delete("/keys/by-api", headers=boss).status_code == 204
    assert second.delete("/keys/turned", headers=boss).status_code == 204
    # In Redis, a key gets other scopes by being made again, and then has another secret.
    again = document(second.post("/keys", json={"name": "turned", "scopes": ["metrics"]}, headers=boss))[
        "key"
    ]
    until_all(processes, {by_command: 401, by_api: 401, turned: 401, again: 403, MOUNTED_SECRET: 403})
    assert time.monotonic() - began < SOON

    for process in processes:
        for secret in (again, MOUNTED_SECRET):
            assert process.get("/queues", headers=bearer(secret)).status_code == 200
            refused = process.get("/tasks", headers=bearer(secret))
            assert (problem_of(refused), document(refused)["scope"]) == ((403, "forbidden"), "read")
