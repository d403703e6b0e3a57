"""`uvicorn --workers`: several processes of the API under one parent, which starts what ends anew."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from celeriac.stack.processes.ports import free_port
from celeriac.stack.processes.readiness import answers_over_http
from celeriac.stack.valkey import Valkey
from lab.harness.program import Program
from lab.harness.servers import environment, new_log


def test_a_missing_directory_for_the_numbers_of_all_is_made(valkey: Valkey, directory: Path) -> None:
    numbers = directory / "not/there/yet"
    with started(valkey, directory, PROMETHEUS_MULTIPROC_DIR=str(numbers)) as (server, port):
        server.wait_until(lambda: answers_over_http("127.0.0.1", port, "/livez"))
        answer = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False, timeout=60)
        assert "celeriac_http_requests_total" in answer.text
        assert list(numbers.iterdir())


def test_what_keeps_every_process_from_starting_ends_the_parent_with_a_sentence(
    valkey: Valkey, directory: Path
) -> None:
    file = directory / "a-file"
    file.touch()
    for variables, words in (
        ({"PROMETHEUS_MULTIPROC_DIR": str(file / "numbers")}, "PROMETHEUS_MULTIPROC_DIR="),
        ({"CELERIAC_LEASE": "soon"}, "CELERIAC_LEASE=soon is wrong"),
    ):
        with started(valkey, directory, **variables) as (server, _):
            server.wait_for_end()
            assert words in server.log
            assert "Traceback" not in server.log


@contextmanager
def started(valkey: Valkey, directory: Path, **variables: str) -> Iterator[tuple[Program, int]]:
    """Two processes, and their port."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "--factory", "celeriac_api.app:create_app", "--workers", "2"]
    settings = environment(redis_url=valkey.url) | variables
    server = Program([*command, "--port", str(port)], settings, new_log(directory, "several"))
    try:
        yield server, port
    finally:
        server.kill()
