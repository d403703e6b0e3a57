"""An API that ends answers whoever waits, and keeps what it accepted."""

import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from redis import Redis

from lab.harness.servers import running_api
from lab.harness.waiting import wait_until
from tests.support.door import document, submit


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_who_waits_is_answered_with_the_task_as_it_stands(
    quiet_url: str, quiet_redis: Redis, directory: Path, number: signal.Signals
) -> None:
    with running_api(directory, redis_url=quiet_url) as api, api.client() as client:
        task = submit(client, "add", x=1, y=2)
        with ThreadPoolExecutor(2) as threads:
            asking = threads.submit(client.get, task["links"]["self"], params={"wait": 60})
            submitting = threads.submit(client.post, "/add", json={"x": 1, "y": 2}, params={"wait": 60})
            wait_until(lambda: len(quiet_redis.pubsub_channels("celery-task-meta-*")) == 2)
            api.signal(number)
            asked, submitted = asking.result(), submitting.result()
    assert (asked.status_code, document(asked)["state"]) == (200, "queued")
    assert (submitted.status_code, document(submitted)["state"]) == (202, "queued")
    with running_api(directory, redis_url=quiet_url) as api, api.client() as client:
        assert document(client.get(document(submitted)["links"]["self"])) == document(submitted)


def test_it_ends_by_itself_and_in_good_order(quiet_url: str, directory: Path) -> None:
    with running_api(directory, redis_url=quiet_url) as api:
        api.signal(signal.SIGTERM)
        assert wait_until(lambda: api.ending() is not None)
        assert (api.ending(), "Traceback" in api.log) == (-signal.SIGTERM, False)
