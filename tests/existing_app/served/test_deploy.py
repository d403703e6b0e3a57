"""A rolling deploy under load fails no request."""

import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from signal import SIGTERM
from threading import Event

import httpx

from lab.harness.program import Program
from lab.harness.servers import ALONE, environment, new_log, running_api
from lab.harness.waiting import wait_until
from tests.support.door import document


class Seen:
    """What was answered for each task, by status and state; and those of the others that had not ended in time."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.answers: dict[str, Counter[tuple[int, str]]] = defaultdict(Counter)
        self.late: list[str] = []


def test_definitions_follow_a_rolling_deploy_while_tasks_are_submitted(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    url = new_database()
    with (
        running_release(1, url, tmp_path) as first,
        running_api(tmp_path, redis_url=url, tasks="none") as api,
        api.client() as client,
    ):
        wait_until(lambda: "removed" in names(client))
        with under_load(client, "kept", "changed", "removed") as seen, running_release(2, url, tmp_path):
            wait_until(lambda: "added" in names(client))
            first.signal(SIGTERM)
            first.wait_for_end()
            wait_until(
                lambda: document(client.post("/changed?wait=30", json={"x": 1, "y": 2}))["result"] == 3
            )
            assert document(client.post("/added?wait=30", json={"x": 5}))["result"] == 5
            assert client.post("/removed", json={"x": 1}).status_code == 404
            late = [document(client.get(f"/tasks/{task_id}?wait=60"))["state"] for task_id in seen.late]
        assert "removed" not in names(client)
    assert seen.answers["kept"].keys() == seen.answers["changed"].keys() == {(200, "succeeded")}
    # The new release drops what it does not know, as Celery does; then there is no such route.
    assert seen.answers["removed"].keys() <= {
        (200, "succeeded"),
        (200, "failed"),
        (202, "queued"),
        (404, ""),
    }
    # What the first worker had taken when it stopped.
    assert set(late) <= {"succeeded"}


@contextmanager
def running_release(number: int, url: str, directory: Path) -> Iterator[Program]:
    """A worker of this release that takes tasks."""
    command = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "tests.existing_app.served.releases",
        "worker",
        "-c",
        "2",
    ]
    variables = {**environment(), "SAMPLE_BROKER": url, "RELEASE": str(number)}
    options = [*ALONE, "-n", f"release{number}@%h", "--loglevel", "INFO"]
    worker = Program([*command, *options], variables, new_log(directory, f"release-{number}"))
    try:
        worker.wait_until(lambda: " ready." in worker.log)
        yield worker
    finally:
        worker.kill()


@contextmanager
def under_load(client: httpx.Client, *tasks: str) -> Iterator[Seen]:
    """What was answered to a client for each of the tasks, which goes on until the end."""
    seen = Seen()
    is_over = Event()

    def submit(task: str) -> None:
        while not is_over.is_set():
            response = client.post(f"/{task}?wait=5", json={"x": 1})
            if response.status_code == 202 and task != "removed":
                seen.late.append(document(response)["task_id"])
                continue
            state = document(response)["state"] if response.is_success else ""
            seen.answers[task][response.status_code, state] += 1

    with ThreadPoolExecutor() as threads:
        running = [threads.submit(submit, task) for task in tasks]
        try:
            yield seen
        finally:
            is_over.set()
            for each in running:
                each.result()


def names(client: httpx.Client) -> set[str]:
    """Of all definitions that are served."""
    return {item["name"] for item in document(client.get("/catalog"))["items"]}
