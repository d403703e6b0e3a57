"""A loop opens once what its tasks share, and closes it when it stops."""

import signal
from collections.abc import Callable
from pathlib import Path

from lab.harness.servers import running_api, running_worker
from tests.support.door import run
from tests.worker.loops.process.played import TASKS


def test_a_loop_opens_once_what_its_tasks_share_and_closes_it_when_it_stops(
    new_database: Callable[[], str], directory: Path, tmp_path: Path
) -> None:
    url = new_database()
    marks = [tmp_path / str(number) for number in range(3)]
    with (
        running_api(directory, redis_url=url, tasks=TASKS) as api,
        api.client() as client,
        running_worker(directory, redis_url=url, tasks=TASKS) as worker,
    ):
        results = [run(client, "share_in_loop", mark=str(mark))["result"] for mark in marks]
        process = results[0][0]
        assert results == [[process, 1], [process, 2], [process, 3]]
        assert not any(mark.exists() for mark in marks)
        worker.signal(signal.SIGTERM)
        worker.wait_for_end()
    assert [mark.read_text() for mark in marks] == [f"closed by {process}"] * 3
