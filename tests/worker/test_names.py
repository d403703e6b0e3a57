"""Two workers never look like one: each has a name of its own."""

from pathlib import Path

import httpx

from lab.harness.servers import running_worker, worker_of
from lab.harness.waiting import wait_until
from tests.support.door import document, run


def names(client: httpx.Client) -> set[str]:
    """Of the workers that the API shows."""
    return {worker["name"] for worker in document(client.get("/workers"))["items"]}


def test_two_workers_that_are_given_no_name_have_two(
    own_client: httpx.Client, own_url: str, tmp_path: Path
) -> None:
    with running_worker(tmp_path, redis_url=own_url), running_worker(tmp_path, redis_url=own_url):
        wait_until(lambda: len(names(own_client)) == 2)


def test_a_name_that_another_worker_has_is_refused_and_that_of_a_dead_one_is_not(
    own_client: httpx.Client, own_url: str, tmp_path: Path
) -> None:
    with running_worker(tmp_path, "-n", "one@here", redis_url=own_url):
        wait_until(lambda: names(own_client) == {"one@here"})
        second = worker_of(tmp_path, "-n", "one@here", redis_url=own_url)
        second.wait_for_end()
        assert second.ending() == 2
        assert "Another worker has the name 'one@here' (process " in second.log
    with running_worker(tmp_path, "-n", "one@here", redis_url=own_url):
        assert run(own_client, "add", x=4, y=5)["worker"] == "one@here"
