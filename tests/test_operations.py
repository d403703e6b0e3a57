"""Queues, workers, the catalog and the numbers: what an operator looks at, and does."""

from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.door import document, ended, run, submit
from tests.servers import running_worker
from tests.waiting import wait_until


@pytest.mark.usefixtures("quiet_redis")
def test_a_paused_queue_keeps_its_tasks_from_every_worker_until_it_is_resumed(
    quiet: httpx.Client, quiet_url: str, directory: Path
) -> None:
    before = submit(quiet, "add", x=1, y=2)
    paused = document(quiet.post("/queues/default/pause"))
    assert (paused["paused"], paused["depth"]) == (True, 1)
    after = submit(quiet, "add", x=3, y=4)
    with running_worker(directory, redis_url=quiet_url):
        wait_until(lambda: document(quiet.get("/queues"))["items"][0]["workers"] == 1)
        assert document(quiet.get(before["links"]["self"], params={"wait": 1}))["state"] == "queued"
        assert document(quiet.post("/queues/default/resume"))["paused"] is False
        assert [ended(quiet, task)["result"] for task in (before, after)] == [3, 7]


@pytest.mark.usefixtures("quiet_redis")
def test_a_purge_ends_what_is_queued_as_cancelled(quiet: httpx.Client) -> None:
    tasks = [submit(quiet, "add", x=number, y=0) for number in range(3)]
    assert document(quiet.post("/queues/default/purge")) == {"cancelled": 3}
    assert {document(quiet.get(task["links"]["self"]))["state"] for task in tasks} == {"cancelled"}
    (queue,) = document(quiet.get("/queues"))["items"]
    assert (queue["depth"], queue["oldest_wait_seconds"]) == (0, None)


@pytest.mark.usefixtures("quiet_redis")
def test_an_unknown_queue_is_a_404_that_names_the_known_ones(quiet: httpx.Client) -> None:
    submit(quiet, "add", x=1, y=2)
    for action in ("pause", "resume", "purge"):
        response = quiet.post(f"/queues/gpu/{action}")
        assert response.status_code == 404
        assert "'gpu' is unknown" in document(response)["detail"]
        assert "known: default" in document(response)["detail"]


def test_a_worker_says_what_it_runs(client: httpx.Client, tmp_path: Path) -> None:
    task = submit(client, "hold", until=str(tmp_path / "file"))
    worker = wait_until(
        lambda: next(
            (one for one in document(client.get("/workers"))["items"] if task["task_id"] in one["running"]),
            None,
        )
    )
    (tmp_path / "file").touch()
    assert (worker["queues"], worker["concurrency"]) == (["default"], 2)
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
