"""A process of the pool keeps nothing of the tasks that have failed in it."""

from pathlib import Path

import httpx

from lab.harness.servers import running_worker
from tests.support.door import run

FAILING = (
    "raise_from_cause",
    "raise_kept",
    "raise_stubborn",
    "raise_unprintable",
    "recurse",
    "leave",
    "always_fails",
)


def test_failures_are_freed_without_the_garbage_collector(
    own_url: str, own_client: httpx.Client, directory: Path
) -> None:
    with running_worker(directory, "-c", "1", redis_url=own_url):
        run(own_client, "switch_off_collector")
        before = tracebacks(own_client)
        for name in FAILING:
            assert run(own_client, name)["state"] == "failed"
        assert tracebacks(own_client) == before


def tracebacks(client: httpx.Client) -> int:
    """How many there are in the process, once it has another task behind it: it has the outcome of the last one."""
    run(client, "add", x=1, y=1)
    number: int = run(client, "count_tracebacks")["result"]
    return number
