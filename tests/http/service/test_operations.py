"""Queues, workers, the catalog and the numbers: what an operator looks at, and does."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from celeriac.ledger.for_workers import Consumer
from celeriac.settings import Settings
from lab.harness.servers import running_worker
from lab.harness.waiting import wait_until
from tests.support.door import Document, cancel, document, ended, run, submit, submit_with

# What is said of a queue that is not going to be empty.
A_YEAR = 365 * 24 * 3600


@pytest.mark.usefixtures("quiet_redis")
def test_a_paused_queue_keeps_its_tasks_from_every_worker_until_it_is_resumed(
    quiet: httpx.Client, quiet_url: str, directory: Path
) -> None:
    before = submit(quiet, "add", x=1, y=2)
    paused = document(quiet.post("/queues/default/pause"))
    assert (paused["paused"], paused["depth"]) == (True, 1)
    after = submit(quiet, "add", x=3, y=4)
    with running_worker(directory, redis_url=quiet_url):
        wait_until(lambda: the_queue(quiet)["workers"] == 1)
        assert document(quiet.get(before["links"]["self"], params={"wait": 1}))["state"] == "queued"
        assert document(quiet.post("/queues/default/resume"))["paused"] is False
        assert [ended(quiet, task)["result"] for task in (before, after)] == [3, 7]


@pytest.mark.usefixtures("quiet_redis")
def test_a_purge_ends_what_is_queued_as_cancelled(quiet: httpx.Client) -> None:
    tasks = [submit(quiet, "add", x=number, y=0) for number in range(3)]
    assert document(quiet.post("/queues/default/purge")) == {"cancelled": 3}
    assert {document(quiet.get(task["links"]["self"]))["state"] for task in tasks} == {"cancelled"}
    queue = the_queue(quiet)
    assert (queue["depth"], queue["oldest_wait_seconds"]) == (0, 0)


def test_a_queue_says_how_fast_tasks_come_and_leave_and_when_it_is_drained(
    quiet: httpx.Client, quiet_redis: Redis
) -> None:
    tasks = [submit(quiet, "add", x=number, y=0) for number in range(4)]
    submit_with(quiet, "/add?delay=1000", x=1, y=1)
    assert cancel(quiet, tasks[0]).status_code == 200
    queue = the_queue(quiet)
    assert 4 / 70 <= queue["in_per_second"] <= 4 / 60
    assert queue["out_per_second"] == pytest.approx(queue["in_per_second"] / 4, rel=0.2)
    assert (queue["depth"], queue["drain_seconds"]) == (3, A_YEAR)

    counted = list(quiet_redis.scan_iter("celeriac:flow:default:*"))
    assert counted
    assert all(0 < quiet_redis.ttl(key) <= 120 for key in counted)

    quiet_redis.delete(*counted)
    assert cancel(quiet, tasks[1]).status_code == 200
    queue = the_queue(quiet)
    assert 2 * 60 <= queue["drain_seconds"] <= 2 * 70
    assert document(quiet.post("/queues/default/pause"))["drain_seconds"] == A_YEAR
    quiet.post("/queues/default/purge")
    assert the_queue(quiet)["drain_seconds"] == 0


def test_what_a_worker_starts_has_left_its_queue(
    own_client: httpx.Client, own_url: str, directory: Path
) -> None:
    with running_worker(directory, redis_url=own_url):
        run(own_client, "flaky", failures=1)
    queue = the_queue(own_client)
    assert queue["in_per_second"] == queue["out_per_second"] >= 2 / 70  # the second attempt came in, too


@pytest.mark.usefixtures("quiet_redis")
def test_an_unknown_queue_is_a_404_that_names_the_known_ones(quiet: httpx.Client) -> None:
    submit(quiet, "add", x=1, y=2)
    asked = [quiet.post(f"/queues/defautl/{action}") for action in ("pause", "resume", "purge")]
    for response in (*asked, quiet.get("/queues/defautl")):
        assert response.status_code == 404
        assert "'defautl' is unknown" in document(response)["detail"]
        assert "known: async, default, " in document(response)["detail"]
        assert "Did you mean 'default'?" in document(response)["detail"]


def test_a_queue_of_the_catalog_is_there_before_its_first_task_in_numbers(
    quiet: httpx.Client, quiet_redis: Redis
) -> None:
    assert not quiet_redis.smembers("celeriac:queues")
    queue = document(quiet.get("/queues/unserved"))
    assert queue == {
        "name": "unserved",
        "depth": 0,
        "oldest_wait_seconds": 0,
        "paused": False,
        "workers": 0,
        "in_per_second": 0,
        "out_per_second": 0,
        "drain_seconds": 0,
    }
    submit(quiet, "unserved")
    queue = document(quiet.get("/queues/unserved"))
    numbers = {name: value for name, value in queue.items() if name not in ("name", "paused")}
    assert {name for name, value in numbers.items() if not isinstance(value, int | float)} == set()
    assert (queue["depth"], queue["drain_seconds"]) == (1, A_YEAR)
    assert queue["oldest_wait_seconds"] > 0
    assert queue["name"] in {one["name"] for one in document(quiet.get("/queues"))["items"]}


@pytest.mark.usefixtures("quiet_redis")
def test_a_queue_of_the_catalog_can_be_paused_before_its_first_task(quiet: httpx.Client) -> None:
    assert document(quiet.post("/queues/unserved/pause"))["paused"] is True
    submit(quiet, "unserved")
    queue = document(quiet.get("/queues/unserved"))
    assert (queue["paused"], queue["depth"]) == (True, 1)
    assert document(quiet.post("/queues/unserved/purge")) == {"cancelled": 1}
    assert document(quiet.post("/queues/unserved/resume"))["paused"] is False


def test_a_worker_says_what_it_runs(client: httpx.Client, tmp_path: Path) -> None:
    task = submit(client, "hold", until=str(tmp_path / "file"))
    worker = wait_until(
        lambda: next(
            (one for one in document(client.get("/workers"))["items"] if task["task_id"] in one["active"]),
            None,
        )
    )
    (tmp_path / "file").touch()
    assert (worker["queues"], worker["concurrency"]) == (["async", "default"], 2)
    assert ended(client, task)["worker"] == worker["name"]


def test_the_catalog_has_the_schemas_of_input_and_result(client: httpx.Client) -> None:
    definitions = {one["name"]: one for one in document(client.get("/catalog"))["items"]}
    assert definitions["add"]["output_schema"] == {"type": "integer"}
    assert definitions["primes"]["input_schema"]["required"] == ["limit"]
    assert definitions["give_back"]["output_schema"]["$ref"] == "#/$defs/Person"
    assert "Person" in definitions["give_back"]["output_schema"]["$defs"]


def test_the_metrics_count_what_was_done(client: httpx.Client) -> None:
    before = samples(client)
    for number in range(3):
        client.post("/add", json={"x": number, "y": 1}, params={"wait": 30})
    run(client, "fail", message="x")
    client.get("/nothing/here")
    after = samples(client)

    def grown(name: str, /, **labels: str) -> float:
        key = (name, frozenset(labels.items()))
        return after.get(key, 0.0) - before.get(key, 0.0)

    assert grown("celeriac_http_requests_total", route="/add", method="POST", status="200") == 3
    assert grown("celeriac_http_requests_total", route="none", method="GET", status="404") == 1
    assert grown("celeriac_tasks_accepted_total", name="add") == 3
    assert grown("celeriac_tasks", name="add", state="succeeded") == 3
    assert grown("celeriac_redis_round_trip_seconds_count") >= 5
    assert grown("celeriac_tasks_ended_total", name="add", state="succeeded") == 3
    assert grown("celeriac_tasks_ended_total", name="fail", state="failed") == 1
    assert grown("celeriac_task_queued_seconds_count", name="add") == 3
    assert grown("celeriac_task_running_seconds_bucket", name="add", le="+Inf") == 3


def the_queue(client: httpx.Client) -> Document:
    """The queue `default`, as it is listed."""
    queues: dict[str, Document] = {one["name"]: one for one in document(client.get("/queues"))["items"]}
    return queues["default"]


def test_a_replay_counts_as_no_submission(quiet: httpx.Client) -> None:
    key = ("celeriac_tasks_accepted_total", frozenset({("name", "add")}))
    before = samples(quiet).get(key, 0.0)
    for _ in range(3):
        quiet.post("/add", json={"x": 1, "y": 2}, headers={"idempotency-key": "counted once"})
    submit(quiet, "add", x=1, y=2)
    assert samples(quiet)[key] - before == 2


def samples(client: httpx.Client) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every number of /metrics, by its name and labels."""
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.mark.parametrize(
    "says",
    [{}, {"queues": None, "active": "x", "started_at": 5, "concurrency": "2", "loop_lag": []}, [], None],
)
def test_a_worker_that_says_less_of_itself_is_shown_with_what_it_says(
    says: Any, quiet: httpx.Client, quiet_url: str, quiet_redis: Redis
) -> None:
    consumer = Consumer(Settings(redis_url=quiet_url))
    consumer.beat("of-another-version", says=says, queues=["default"], tasks=[])
    (worker,) = document(quiet.get("/workers"))["items"]
    assert (worker["name"], worker["queues"], worker["concurrency"]) == ("of-another-version", [], None)
    assert {quiet.get(path).status_code for path in ("/workers", "/queues", "/metrics")} == {200}
    quiet_redis.flushdb()


def test_the_worker_of_an_existing_app_says_what_it_cannot_do(
    quiet: httpx.Client, quiet_url: str, quiet_redis: Redis
) -> None:
    says = {"app": "shop", "pool": "solo", "warnings": ["It cannot end a task that runs.", 5]}
    Consumer(Settings(redis_url=quiet_url)).beat("celery@shop", says=says, queues=["default"], tasks=[])
    (worker,) = document(quiet.get("/workers"))["items"]
    assert (worker["app"], worker["pool"]) == ("shop", "solo")
    assert worker["warnings"] == ["It cannot end a task that runs."]
    quiet_redis.flushdb()
