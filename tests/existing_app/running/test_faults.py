"""What an existing app loses to killed and stopped workers, and to cut connections: nothing."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from celeriac.ledger.model.states import State
from celeriac.ledger.store import keys
from celeriac.stack.valkey import Valkey
from lab.harness.processes import descendants
from lab.harness.waiting import wait_until
from tests.existing_app.running.place import QUEUE, Place
from tests.support.marks import linux_only

pytestmark = linux_only


@pytest.fixture
def place(new_database: Callable[[], str], directory: Path) -> Iterator[Place]:
    """Nothing runs yet; workers take up to eight messages for a process."""
    with closing(Place(new_database(), directory, worker_prefetch_multiplier=8)) as place:
        yield place


def lines(file: Path) -> list[str]:
    return file.read_text().split() if file.exists() else []


def prefetched(place: Place, count: int, file: Path) -> list[str]:
    """Tasks whose messages the only worker has received, and named as held."""
    tasks = [place.send("append", str(file), str(number)) for number in range(count)]
    wait_until(lambda: all("taken" in place.record(task) for task in tasks), what="that all are held")
    return tasks


def test_a_killed_worker_loses_nothing_and_repeats_only_what_is_acknowledged_late(
    place: Place, tmp_path: Path
) -> None:
    late, early, gate, file = (str(tmp_path / name) for name in ("late", "early", "gate", "file"))
    with place.worker("-n", "one@here") as one:
        hold, hold_early = place.send("hold", late, gate), place.send("hold_early", early, gate)
        wait_until(lambda: lines(Path(late)) and lines(Path(early)))
        tasks = prefetched(place, 5, Path(file))
        with place.worker("-n", "two@here"):
            one.kill()
            for task in tasks:
                assert place.ended(task, 15)["state"] == "succeeded"
            wait_until(lambda: place.record(hold)["attempt"] == "2", 15)
            Path(gate).touch()
            assert place.ended(hold)["worker"] == "two@here"
            record = place.ended(hold_early)
    assert (record["state"], "worker" in record["error"]) == ("failed", True)
    assert sorted(lines(Path(file))) == ["0", "1", "2", "3", "4"]
    assert [len(lines(Path(name))) for name in (late, early)] == [2, 1]


def test_a_worker_killed_before_it_has_named_what_it_received_loses_nothing(
    place: Place, tmp_path: Path
) -> None:
    started, gate, file = tmp_path / "started", tmp_path / "gate", tmp_path / "file"
    with place.worker("-n", "one@here", "-c", "1") as one:
        place.send("hold", str(started), str(gate))
        wait_until(lambda: lines(started))
        tasks = [place.send("append", str(file), str(number)) for number in range(5)]
        wait_until(lambda: not place.redis.llen(QUEUE), what="that all are received")
        assert place.redis.hkeys("unacked") == []
        one.kill()
    gate.touch()
    with place.worker("-n", "two@here"):
        assert {place.ended(task, 15)["state"] for task in tasks} == {"succeeded"}
        wait_until(lambda: not place.left(), 15, what="the end of all entries")
    assert sorted(lines(file)) == ["0", "1", "2", "3", "4"]


def test_a_worker_that_stops_warmly_returns_what_it_holds_at_once(place: Place, tmp_path: Path) -> None:
    started, gate, file = tmp_path / "started", tmp_path / "gate", tmp_path / "file"
    with place.worker("-n", "one@here", "-c", "1") as one:
        hold = place.send("hold", str(started), str(gate))
        wait_until(lambda: lines(started))
        tasks = prefetched(place, 5, file)
        with place.worker("-n", "two@here"):
            one.signal(signal.SIGTERM)
            for task in tasks:
                assert place.ended(task, 15)["worker"] == "two@here"
            gate.touch()
            assert place.ended(hold) | {"worker": "one@here", "attempt": "1"} == place.record(hold)
            one.wait_for_end()
            wait_until(lambda: not place.left(), what="the end of all entries")
    assert sorted(lines(file)) == ["0", "1", "2", "3", "4"]


def test_a_worker_that_stops_coldly_has_its_late_task_run_again_and_its_early_one_fail(
    place: Place, tmp_path: Path
) -> None:
    late, early, gate = (str(tmp_path / name) for name in ("late", "early", "gate"))
    with place.worker("-n", "one@here") as one, place.worker("-n", "two@here", "-c", "1", "-Q", "other"):
        hold, hold_early = place.send("hold", late, gate), place.send("hold_early", early, gate)
        wait_until(lambda: lines(Path(late)) and lines(Path(early)))
        one.signal(signal.SIGQUIT)
        assert place.ended(hold_early, 15)["state"] == "failed"
        wait_until(lambda: place.state(hold) == "queued", 15)
        with place.worker("-n", "three@here"):
            Path(gate).touch()
            assert place.ended(hold)["worker"] == "three@here"


def test_a_task_is_cancelled_while_it_runs_and_before(place: Place, tmp_path: Path) -> None:
    gate = str(tmp_path / "gate")
    with place.worker("-c", "2"):
        by_ledger, by_celery = (place.send("hold", str(tmp_path / name), gate) for name in "ab")
        wait_until(lambda: all(lines(tmp_path / name) for name in "ab"))
        place.redis.hset(keys.record(by_ledger), "cancel", "terminate")
        place.app.control.revoke(by_celery, terminate=True)
        for task in (by_ledger, by_celery):
            assert place.ended(task, 15)["state"] == "cancelled"
            assert place.status(task) == "REVOKED"
        assert place.ended(place.send("add", 1, 2))["state"] == "succeeded"


def test_what_waits_for_a_process_or_its_rate_is_not_taken_for_lost(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "file"
    with place.worker("-c", "1"):
        long = place.send("compute", str(tmp_path / "started"), 4.0)
        behind = [place.send("add", number, 1) for number in range(6)]
        slow = [place.send("slowly", str(file)) for _ in range(30)]
        records = [place.ended(task) for task in (long, *behind, *slow)]
    assert {record["state"] for record in records} == {"succeeded"}
    assert [record["returned"] for record in records if "returned" in record] == []
    assert {record["attempt"] for record in records} == {"1"}
    assert len(lines(file)) == 30


def test_a_message_that_the_broker_delivers_again_runs_once(place: Place, tmp_path: Path) -> None:
    started, gate = tmp_path / "started", tmp_path / "gate"
    task = place.send("hold", str(started), str(gate))
    (message,) = place.redis.lrange(QUEUE, 0, -1)
    with place.worker("-c", "2"):
        wait_until(lambda: lines(started))
        place.redis.lpush(QUEUE, message)
        wait_until(lambda: not place.redis.llen(QUEUE))
        assert place.ended(place.send("add", 1, 2))["state"] == "succeeded"
        gate.touch()
        assert place.ended(task)["attempt"] == "1"
        wait_until(lambda: not place.left(), what="the end of all entries")
    assert len(lines(started)) == 1


def test_a_stock_worker_beside_ends_tasks_too_and_none_runs_twice(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "file"
    with place.worker("-n", "one@here"), place.worker("-n", "stock@here", plugged=False):
        tasks = [place.send("append", str(file), str(number)) for number in range(40)]
        for task in tasks:
            wait_until(lambda: place.status(task) == "SUCCESS")  # noqa: B023 - called at once
            assert place.ended(task)["state"] == "succeeded"
    assert sorted(map(int, lines(file))) == list(range(40))


@pytest.fixture
def own_place(directory: Path) -> Iterator[Place]:
    """On a server whose connections all belong to this test."""
    with (
        Valkey(directory / "cut") as server,
        closing(Place(server.url, directory, worker_prefetch_multiplier=8)) as place,
    ):
        yield place


def test_cut_connections_cost_no_task_its_lease_and_run_none_twice(own_place: Place, tmp_path: Path) -> None:
    place, started, gate, file = own_place, tmp_path / "started", tmp_path / "gate", tmp_path / "file"
    with place.worker("-c", "1"):
        hold = place.send("hold", str(started), str(gate))
        wait_until(lambda: lines(started))
        tasks = prefetched(place, 5, file)
        place.redis.client_kill_filter(_type="normal", skipme=True)
        place.redis.client_kill_filter(_type="pubsub")
        place.in_state(hold, State.RUNNING)
        gate.touch()
        for task in (hold, *tasks):
            assert place.ended(task)["attempt"] == "1"
        wait_until(lambda: not place.left(), what="the end of all entries")
    assert lines(started)[1:] == []
    assert sorted(lines(file)) == ["0", "1", "2", "3", "4"]


@pytest.mark.trial
def test_three_hundred_that_retry_at_once_over_two_workers_all_end(place: Place, tmp_path: Path) -> None:
    with place.worker("-n", "one@here", "-c", "4"), place.worker("-n", "two@here", "-c", "4"):
        tasks = [place.send("again", str(tmp_path / f"{number}"), 1) for number in range(300)]
        for task in tasks:
            assert place.ended(task)["attempt"] == "2"
        wait_until(lambda: not place.left(), what="the end of all entries")


@pytest.mark.trial
def test_killed_processes_of_the_pool_cost_no_task(place: Place, tmp_path: Path) -> None:
    file = tmp_path / "file"
    with place.worker("-c", "2") as worker:
        tasks = [place.send("compute", str(file), 0.5) for _ in range(12)]
        for _ in range(4):
            wait_until(lambda: len(lines(file)) > 1)
            for child in descendants(worker.pid)[:1]:
                os.kill(child.pid, signal.SIGKILL)
        assert {place.ended(task)["state"] for task in tasks} == {"succeeded"}
