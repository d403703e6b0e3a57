"""The pytest plug-in: fixtures with a stack that runs the tasks of a project.

pytest loads this module wherever celeriac is installed: everything else is loaded by the first test that uses a fixture.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from celeriac.client.client import AsyncClient, Client
    from celeriac.testing.running_stack import Stack

HELP = "The tasks of the fixture celeriac_stack: a file, a folder or a module. Default: tasks.py or tasks/ in the root directory."


def pytest_addoption(parser: pytest.Parser) -> None:
    """`celeriac_tasks` in the configuration of pytest, or on its command line."""
    parser.addini("celeriac_tasks", HELP)
    parser.getgroup("celeriac").addoption("--celeriac-tasks", metavar="TASKS", help=HELP)


@pytest.fixture(scope="session")
def celeriac_stack(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> "Iterator[Stack]":
    """Valkey, a worker and the API with the project's tasks; with pytest-xdist, each process of tests has its own."""
    from celeriac.testing.extras import refusal_of  # noqa: PLC0415 - see above

    if refusal := refusal_of("The fixture celeriac_stack"):
        pytest.fail(refusal, pytrace=False)
    from celeriac.testing.running_stack import stack  # noqa: PLC0415

    _take_share_of_ports()
    with stack(_tasks(pytestconfig), directory=tmp_path_factory.mktemp("celeriac")) as running:
        yield running


@pytest.fixture(scope="session")
def celeriac_client(celeriac_stack: "Stack") -> "Iterator[Client]":
    """A client of this API, whose tasks a worker runs."""
    with celeriac_stack.client() as client:
        yield client


@pytest.fixture
def celeriac_async_client(celeriac_stack: "Stack") -> "AsyncClient":
    """The same for the event loop of one test, which writes `async with celeriac_async_client as client`."""
    return celeriac_stack.async_client()


def _tasks(config: pytest.Config) -> str | Path:
    """What the option or the configuration names; a path is relative to the root directory."""
    name = config.getoption("celeriac_tasks") or config.getini("celeriac_tasks")
    places = [config.rootpath / place for place in ([name] if name else ["tasks.py", "tasks"])]
    tasks = next((place for place in places if place.exists()), name)
    if not tasks:
        pytest.fail(
            f"{config.rootpath} contains neither tasks.py nor tasks/. Name your tasks in the configuration of pytest: "
            "celeriac_tasks = shop/tasks",
            pytrace=False,
        )
    return tasks


def _take_share_of_ports() -> None:
    """Side by side, processes of tests must not choose the same free port."""
    if process := os.environ.get("PYTEST_XDIST_WORKER"):
        share = f"{process.removeprefix('gw')}/{os.environ['PYTEST_XDIST_WORKER_COUNT']}"
        os.environ.setdefault("PORTS_SHARE", share)
