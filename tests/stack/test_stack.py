"""`make run`: all three in one terminal, stopped in order, and nothing left behind."""

import os
import re
import signal
import socket
from pathlib import Path

import pytest
from redis import Redis

from celeriac.ledger.store import keys
from celeriac.stack.example_call import example_call
from celeriac.stack.processes.ports import free_port
from celeriac.stack.valkey import Valkey
from lab.harness.processes import Process, is_alive
from lab.harness.servers import API
from lab.harness.stack import Stack, refused_stack, running_stack
from lab.harness.waiting import wait_until
from tests.http.access.keys import Locked
from tests.support.marks import linux_only

pytestmark = linux_only

ADD = {"x": 4, "y": 5}


def test_it_says_where_the_api_is_and_a_task_submitted_there_ends(tmp_path: Path) -> None:
    with running_stack(tmp_path) as stack, stack.api() as api:
        assert f"http://127.0.0.1:{stack.port}/docs" in stack.output
        assert f"curl -X POST http://127.0.0.1:{stack.port}/add" in stack.output
        location = api.post("/add", json=ADD).headers["location"]
        wait_until(lambda: api.get(location).json()["ready"])
        assert api.get(location).json()["result"] == 9


def test_the_example_has_a_key_where_the_api_needs_one(locked: Locked, api: API) -> None:
    address = str(locked.client.base_url).rstrip("/")
    assert f'{address}/add -H "authorization: Bearer $KEY" -H' in str(example_call(address))
    assert "authorization" not in str(example_call(f"http://127.0.0.1:{api.port}"))


def test_every_line_bears_the_name_of_its_part_and_no_colour_where_there_is_no_terminal(
    tmp_path: Path,
) -> None:
    with running_stack(tmp_path) as stack:
        names = {line.split("│")[0].strip() for line in stack.output.splitlines()}
        assert names == {"valkey", "worker", "api", "celeriac"}
        assert "\x1b" not in stack.output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_all_in_order_and_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with running_stack(tmp_path) as stack:
        started = stack.processes()
        stack.signal(number)
        assert stack.exit_code() == 0
        assert alive(started) == []
        api, worker, valkey = map(
            stack.output.index, ("Finished server process", "shutdown (Main", "bye bye")
        )
        assert api < worker < valkey
        assert "killed" not in stack.output


def test_a_signal_during_the_start_stops_what_was_started(tmp_path: Path) -> None:
    with refused_stack(tmp_path) as stack:
        wait_until(lambda: len(stack.processes()) >= 2)
        started = stack.processes()
        stack.signal(signal.SIGTERM)
        assert stack.exit_code() == 0
        assert alive(started) == []
        assert "Traceback" not in stack.output


def test_a_second_ctrl_c_stops_at_once(tmp_path: Path) -> None:
    with running_stack(tmp_path, shutdown_grace="600") as stack:
        started = stack.processes()
        os.kill(stack.part("celeriac_worker").pid, signal.SIGSTOP)
        wait_until(lambda: ctrl_c_hurries(stack))
        assert stack.exit_code() == 1
        assert alive(started) == []


def test_a_worker_that_does_not_end_in_its_grace_is_killed_and_that_is_said(tmp_path: Path) -> None:
    with running_stack(tmp_path, shutdown_grace="0.1") as stack:
        started = stack.processes()
        os.kill(stack.part("celeriac_worker").pid, signal.SIGSTOP)
        stack.signal(signal.SIGTERM)
        assert stack.exit_code() == 0
        assert "The worker did not end in time and was killed." in stack.output
        assert alive(started) == []


@pytest.mark.parametrize(
    ("words", "name"), [("celeriac_worker", "worker"), ("celeriac_api", "api"), ("valkey-server", "valkey")]
)
def test_a_crash_of_one_part_is_told_with_its_last_lines_and_stops_the_others(
    tmp_path: Path, words: str, name: str
) -> None:
    with running_stack(tmp_path) as stack:
        started = stack.processes()
        os.kill(stack.part(words).pid, signal.SIGKILL)
        assert stack.exit_code() == 1
        said, _, lines = stack.output.partition(f"The {name} has ended by SIGKILL. Its last lines were:\n")
        assert said.rsplit("│", 1)[0].endswith("celeriac ")
        assert lines.startswith(name)
        assert alive(started) == []


def test_no_part_outlives_a_supervisor_that_was_killed(tmp_path: Path) -> None:
    with running_stack(tmp_path) as stack, stack.api() as api:
        api.post("/primes", json={"limit": 2_000_000})
        started = stack.processes()
        assert len(started) >= 4, "Valkey, the API, the worker, and at least one of its pool"
        stack.signal(signal.SIGKILL)
        stack.exit_code()
        wait_until(lambda: not alive(started))


def test_what_was_accepted_is_there_after_the_next_start_in_a_redis_with_the_same_url(tmp_path: Path) -> None:
    with running_stack(tmp_path) as stack, stack.api() as api:
        location = api.post("/add", json=ADD).headers["location"]
        url = redis_url(stack)
        stack.signal(signal.SIGINT)
        stack.exit_code()
    with running_stack(tmp_path) as stack, stack.api() as api:
        wait_until(lambda: api.get(location).json()["ready"])
        assert api.get(location).json()["result"] == 9
        assert redis_url(stack) == url
        with Redis.from_url(url) as client:
            assert client.exists(keys.record(location.rpartition("/")[2]))


def test_a_port_that_is_taken_is_named_with_how_to_choose_another(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", free_port())) as other:
        port = other.getsockname()[1]
        with refused_stack(tmp_path, port=str(port)) as stack:
            assert stack.exit_code() == 1
            assert f"Port {port} is taken" in stack.output
            assert f"celeriac up --port {port + 10}" in stack.output
            assert "Traceback" not in stack.output


def test_an_address_of_another_machine_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with refused_stack(tmp_path, host="192.0.2.1") as stack:
        assert stack.exit_code() == 1
        assert f"The API cannot listen on 192.0.2.1:{stack.port}" in stack.output
        assert "Traceback" not in stack.output


def test_a_wrong_setting_stops_the_start_with_a_sentence(tmp_path: Path) -> None:
    with refused_stack(tmp_path, shutdown_grace="soon") as stack:
        assert stack.exit_code() == 2
        assert "CELERIAC_SHUTDOWN_GRACE=soon is wrong" in stack.output
        assert "Traceback" not in stack.output


def test_a_task_file_that_cannot_be_loaded_stops_the_start_with_a_sentence(tmp_path: Path) -> None:
    with refused_stack(tmp_path, tasks="no_such_package") as stack:
        assert stack.exit_code() == 2
        assert "The tasks in no_such_package cannot be loaded" in stack.output
        assert "Its last lines were" not in stack.output
        assert "Traceback" not in stack.output


def test_two_stacks_do_not_share_a_data_directory(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    with running_stack(tmp_path / "one", data_dir=data) as one:
        with refused_stack(tmp_path / "two", data_dir=data) as two:
            assert two.exit_code() == 1
            assert f"The data directory {data} is in use by another Valkey" in two.output
        assert not one.has_ended()


def test_with_a_redis_given_it_starts_none_of_its_own(tmp_path: Path) -> None:
    with (
        Valkey(tmp_path / "given") as given,
        running_stack(tmp_path / "stack", redis_url=given.url) as stack,
        stack.api() as api,
    ):
        assert [one for one in stack.processes() if "valkey-server" in one.command] == []
        assert api.post("/add", json=ADD).status_code == 202


def test_a_given_redis_that_is_away_is_named_without_its_password(tmp_path: Path) -> None:
    port = free_port()
    with refused_stack(tmp_path, redis_url=f"redis://:s3cret@127.0.0.1:{port}/0") as stack:
        assert stack.exit_code() == 1
        assert f"The Redis at 127.0.0.1:{port} cannot be used" in stack.output
        assert "s3cret" not in stack.output


def redis_url(stack: Stack) -> str:
    """What the banner says."""
    (url,) = re.findall(r"Redis (redis://\S+)", stack.output)
    return str(url)


def ctrl_c_hurries(stack: Stack) -> bool:
    stack.signal(signal.SIGINT)
    return "Stopping at once." in stack.output


def alive(processes: list[Process]) -> list[Process]:
    return [process for process in processes if is_alive(process.pid)]
