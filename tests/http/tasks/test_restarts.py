"""The truth about a task outlives every process."""

import signal
from pathlib import Path

import httpx
import pytest

from celeriac.stack.valkey import Valkey
from lab.harness.servers import running_api, running_worker
from lab.harness.waiting import wait_until
from tests.support.door import Document, document, ended, run, submit

# One for each test, so that no worker of another takes a task from here.
DATABASES = {"worker": 4, "api": 5}


@pytest.fixture
def url(request: pytest.FixtureRequest, valkey: Valkey) -> str:
    """A database in which nobody works but who is started by the test; its parameter says which."""
    return f"{valkey.url.removesuffix('/0')}/{DATABASES[request.param]}"


@pytest.mark.parametrize("url", ["worker"], indirect=True)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_what_is_submitted_after_the_worker_stopped_is_queued_until_one_starts(
    number: signal.Signals, url: str, directory: Path
) -> None:
    with running_api(directory, redis_url=url) as api, api.client() as client:
        with running_worker(directory, redis_url=url) as worker:
            assert run(client, "add", x=1, y=1)["result"] == 2
            worker.signal(number)
            worker.wait_for_end()
        task = submit(client, "add", x=4, y=5)
        assert document(client.get(task["links"]["self"], params={"wait": 1})) == task
        assert task["state"] == "queued"
        with running_worker(directory, redis_url=url):
            at_end = ended(client, task)
    assert (at_end["state"], at_end["result"], at_end["attempt"]) == ("succeeded", 9, 1)


@pytest.mark.parametrize("url", ["api"], indirect=True)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_an_api_that_was_restarted_says_of_every_task_what_it_said_before(
    number: signal.Signals, url: str, directory: Path, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    with running_worker(directory, "-Q", "default", redis_url=url):
        with running_api(directory, redis_url=url) as api, api.client() as client:
            before = in_many_states(client, gate)
            api.signal(number)
            api.wait_for_end()
        with running_api(directory, redis_url=url) as api, api.client() as client:
            assert [shown(client, task) for task in before] == before
            gate.touch()
            _, _, running, queued = before
            assert ended(client, running)["result"] == "let go"
            assert shown(client, queued) == queued


@pytest.mark.parametrize("url", ["api"], indirect=True)
def test_two_apis_asked_in_turn_say_the_same_in_every_state(
    url: str, directory: Path, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    with (
        running_worker(directory, "-Q", "default", redis_url=url),
        running_api(directory, redis_url=url) as one,
        running_api(directory, redis_url=url) as other,
        one.client() as client,
        other.client() as other_client,
    ):
        for task in in_many_states(client, gate):
            assert [shown(door, task) for door in (other_client, client) * 3] == [task] * 6
        task = submit(other_client, "hold", until=str(gate))
        gate.touch()
        assert ended(client, task) == ended(other_client, task)


def in_many_states(client: httpx.Client, gate: Path) -> list[Document]:
    """A task that succeeded, one that failed, one that runs until `gate` is there, and one that stays queued."""
    running = submit(client, "hold", until=str(gate))
    return [
        run(client, "add", x=4, y=5),
        run(client, "fail", message="no such invoice"),
        wait_until(lambda: told if (told := shown(client, running))["state"] == "running" else None)
        or running,
        submit(client, "unserved", x=1),
    ]


def shown(client: httpx.Client, task: Document) -> Document:
    """The task's document now."""
    response = client.get(task["links"]["self"])
    assert response.status_code == 200, response.text
    told: Document = document(response)
    return told
