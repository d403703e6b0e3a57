"""Plain tasks share what is opened once in each process of the pool."""

import signal
from collections.abc import Callable
from pathlib import Path

from lab.harness.servers import running_api, running_worker
from lab.harness.waiting import wait_until
from tests.support.door import run


def test_a_process_opens_once_what_its_tasks_share_and_closes_it_at_its_end(
    new_database: Callable[[], str], directory: Path, tmp_path: Path
) -> None:
    url = new_database()
    marks = [tmp_path / str(number) for number in range(3)]
    with running_api(directory, redis_url=url) as api, api.client() as client:
        with running_worker(directory, "-c", "1", "--max-tasks-per-child", "4", redis_url=url) as worker:
            unsteady = run(client, "share_unsteady")
            assert (unsteady["result"], unsteady["attempt"]) == (1, 2)  # its opening failed once
            results = [run(client, "share", mark=str(mark))["result"] for mark in marks]
            first = results[0][0]
            assert results[:2] == [[first, 1, "lid"], [first, 2, "lid"]]
            # Another process has taken the place of the first one.
            assert results[2][0] != first
            assert results[2][1:] == [1, "lid"]
            wait_until(lambda: all(mark.exists() for mark in marks[:2]))
            assert not marks[2].exists()
            worker.signal(signal.SIGTERM)
            worker.wait_for_end()
        texts = [mark.read_text() for mark in marks]
    assert texts == [f"closed by {result[0]}" for result in results]
