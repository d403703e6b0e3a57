"""`make quick` leaves out the tests that start a program, and keeps the others."""

from pathlib import Path

import httpx
import pytest

from lab.harness.servers import running_api
from lab.harness.waiting import wait_until
from tests.support.suite.quick import is_quick, starts_program


def test_a_test_without_a_server_is_quick(request: pytest.FixtureRequest) -> None:
    assert is_quick(request.node)


def uses_a_server(directory: Path) -> int:
    """Reaches a program by the name of what starts it."""
    with running_api(directory) as api:
        return api.port


def calls_what_uses_a_server() -> None:
    """Reaches it through another function."""
    uses_a_server(Path())


def waits(client: httpx.Client) -> None:
    """Starts nothing."""
    wait_until(lambda: client.get("/").is_success)


def test_what_starts_a_program_is_found_through_the_functions_that_are_called() -> None:
    assert starts_program(uses_a_server)
    assert starts_program(calls_what_uses_a_server)
    assert not starts_program(waits)
