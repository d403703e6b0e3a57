"""While Redis refuses, callers learn why and workers lose nothing."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from redis import Redis

from celeriac.stack.valkey import Valkey
from lab.harness.program import Program
from lab.harness.servers import running_api, running_worker, starting_worker
from lab.harness.waiting import wait_until
from tests.support.door import cancel, document, ended, problem_of, shown, submit, submit_with
from tests.support.refusals import WAYS, refusing

# Debian 12 has Redis 7.0, which refuses more while it is full.
SERVER = shutil.which("redis-server")
ADD = {"x": 4, "y": 5}


class Place(NamedTuple):
    """A Valkey of these tests' own, an API and a worker on it."""

    redis: Redis
    door: httpx.Client
    worker: Program
    url: str


@pytest.fixture(scope="module")
def place(directory: Path) -> Iterator[Place]:
    """Whatever a test does to it is over afterwards."""
    with (
        Valkey(directory / "refusals") as server,
        Redis.from_url(server.url) as redis,
        running_api(directory, redis_url=server.url) as api,
        api.client() as door,
        running_worker(directory, "-Q", "default", redis_url=server.url) as worker,
    ):
        yield Place(redis, door, worker, server.url)


@pytest.mark.parametrize("way", WAYS)
def test_the_reason_is_given_by_readyz_and_to_who_submits(place: Place, way: str) -> None:
    with refusing(place.redis, WAYS[way]):
        # A connection that Redis has cut meanwhile may be found out first.
        refused = wait_until(lambda: said_why(place.door.post("/add", json=ADD)))
        ready = wait_until(lambda: said_why(place.door.get("/readyz")))
    for problem in (refused, ready):
        assert document(problem)["detail"].startswith(WAYS[way].words)
        assert int(problem.headers["retry-after"]) > 0
    assert wait_until(lambda: place.door.get("/readyz").status_code == 200)
    assert wait_until(lambda: place.door.post("/add", json=ADD).status_code == 202)


def said_why(response: httpx.Response) -> httpx.Response | None:
    """The answer, if it is the one for a refusal."""
    return response if problem_of(response) == (503, "redis-refuses") else None


@pytest.mark.parametrize("way", [way for way in WAYS if way != "full"])
def test_a_task_that_ends_meanwhile_has_run_once_and_keeps_its_result_and_its_log(
    place: Place, way: str, tmp_path: Path
) -> None:
    trace, gate = tmp_path / "trace", tmp_path / "gate"
    task = submit(place.door, "leave_trace_and_tell", file=str(trace), until=str(gate))
    wait_until(trace.exists)
    before = wait_until(lambda: outages_over(place.worker.log), what="the end of the last outage")
    with refusing(place.redis, WAYS[way]):
        gate.touch()
        wait_until(lambda: trace.read_text().count("ends"))
        wait_until(lambda: place.worker.log.count("redis is away") >= before, what="a worker that waits")
    at_end = wait_until(lambda: found if (found := shown(place.door, task))["ready"] else None)
    assert (at_end["state"], at_end["result"], at_end["attempt"]) == ("succeeded", "done", 1)
    assert trace.read_text().splitlines() == ["begins", "ends"]
    events: Any = place.redis.xrange(f"celeriac:events:{task['task_id']}")
    lines = [fields[b"data"] for _, fields in events if fields[b"event"] == b"log"]
    assert len(lines) == 2
    assert place.worker.ending() is None
    assert "Unrecoverable" not in place.worker.log
    assert ended(place.door, submit(place.door, "add", **ADD))["result"] == 9


def outages_over(log: str) -> int:
    """The number of the next outage; 0 while the last one goes on."""
    over = log.count("redis is back")
    return over + 1 if over == log.count("redis is away") else 0


def test_while_it_is_full_what_is_queued_runs_and_what_frees_memory_works(
    place: Place, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    holders = [submit(place.door, "hold", until=str(gate)) for _ in range(2)]
    queued = [submit(place.door, "say_and_return", text="x" * 1000) for _ in range(5)]
    waiting = submit(place.door, "unserved")
    purged = submit(place.door, "unserved")
    expiring = submit_with(place.door, "/unserved?expires=1")
    old = ended(place.door, submit_after(place, gate, "add"))
    assert old["ready"]
    with refusing(place.redis, WAYS["full"]):
        for task in (*holders, *queued):
            assert ended(place.door, task)["state"] == "succeeded"
        assert ended(place.door, expiring)["state"] == "expired"
        assert cancel(place.door, waiting).status_code == 200
        assert place.door.delete(old["links"]["self"]).status_code == 204
        assert place.door.post("/queues/unserved/pause").status_code == 200
        assert place.door.post("/queues/unserved/purge").status_code == 200
        assert shown(place.door, purged)["state"] == "cancelled"
        assert problem_of(place.door.post("/add", json=ADD)) == (503, "redis-refuses")
        assert place.door.post("/queues/unserved/resume").status_code == 200


def submit_after(place: Place, gate: Path, name: str) -> dict[str, object]:
    """A task behind others, and the way for all of them is free."""
    task = submit(place.door, name, **ADD)
    gate.touch()
    return task


@pytest.mark.parametrize("way", ["full", "disk", "too few replicas", "replica", "password"])
def test_a_worker_that_starts_meanwhile_waits_and_then_works(way: str, place: Place, directory: Path) -> None:
    task = submit(place.door, "unserved", x=7)
    with starting_worker(directory, redis_url=place.url) as worker:
        with refusing(place.redis, WAYS[way]):
            if way == "full":
                worker.wait_until(lambda: shown(place.door, task)["state"] == "succeeded")
            else:
                worker.wait_until(lambda: "redis is away" in worker.log)
        assert ended(place.door, task)["result"] == 7, worker.log
        assert "Traceback" not in worker.log


@pytest.mark.skipif(SERVER is None, reason="needs a redis-server")
def test_a_worker_that_starts_while_a_stock_redis_is_full_runs_what_is_queued(tmp_path: Path) -> None:
    with (
        Valkey(tmp_path / "stock", server=Path(str(SERVER))) as server,
        Redis.from_url(server.url) as redis,
        running_api(tmp_path, redis_url=server.url) as api,
        api.client() as door,
    ):
        task = submit(door, "unserved", x=7)
        with (
            refusing(redis, WAYS["full"]),
            starting_worker(tmp_path, redis_url=server.url) as worker,
        ):
            worker.wait_until(lambda: shown(door, task)["state"] == "succeeded")
