"""Fixtures that tests of a process share: one Valkey, one worker, several APIs."""

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
from hypothesis import HealthCheck, settings
from redis import Redis
from xdist.remote import Producer

from celeriac.stack.processes.ports import SHARE, free_port
from celeriac.stack.valkey import Valkey
from lab.harness.program import Program
from lab.harness.servers import API, running_api, running_worker
from tests.http.access.keys import Locked, locked_api
from tests.support.suite.expiry import Immortals
from tests.support.suite.failures import Failures
from tests.support.suite.outcomes import Outcomes
from tests.support.suite.quick import leave_out_slow
from tests.support.suite.shares import Shares, longest_first, refuse_namesakes

# A task definition with this queue is accepted and stays queued: the shared worker listens to the default queue alone.
UNSERVED_DATABASE = 1
# From here on, a database for each test that asks for one.
FIRST_OWN_DATABASE = 10
DATABASES = 1024


def pytest_addoption(parser: pytest.Parser) -> None:
    """`make quick` asks for it."""
    parser.addoption("--quick", action="store_true", help="run the tests that start no program, and no other")


def pytest_configure(config: pytest.Config) -> None:
    """Failures are named as they come; a busy machine is none. Of several processes that run tests, each has a share of the ports, and so has what it starts."""
    config.pluginmanager.register(Failures(config))
    keep_bytecode(config)
    settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("busy")
    config.pluginmanager.register(Outcomes())
    if process := os.environ.get("PYTEST_XDIST_WORKER"):
        os.environ[SHARE] = f"{process.removeprefix('gw')}/{os.environ['PYTEST_XDIST_WORKER_COUNT']}"


def keep_bytecode(config: pytest.Config) -> None:
    """Where Python is told to write no bytecode, what the tests start would compile all that it imports, each time."""
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
        compiled = TemporaryDirectory(prefix="bytecode-", ignore_cleanup_errors=True)
        os.environ["PYTHONPYCACHEPREFIX"] = compiled.name
        config.add_cleanup(compiled.cleanup)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Shares:
    """Who runs what."""
    return Shares(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Which, and in which order."""
    refuse_namesakes(items)
    if config.getoption("quick"):
        leave_out_slow(config, items)
    longest_first(items)


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the servers of this run keep their logs and data."""
    return tmp_path_factory.mktemp("servers")


@pytest.fixture(scope="session")
def valkey(directory: Path) -> Iterator[Valkey]:
    """The server of all who need no server of their own."""
    with Valkey(directory / "valkey", options={"databases": str(DATABASES)}) as server:
        yield server


@pytest.fixture(scope="session")
def immortals(valkey: Valkey) -> Immortals:
    """Its keys that have no TTL."""
    return Immortals(valkey.url)


@pytest.fixture(autouse=True)
def every_key_dies(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each test that uses the shared server: no key of ours is there that has neither a TTL nor a reason to stay."""
    immortals = request.getfixturevalue("immortals") if "valkey" in request.fixturenames else None
    yield
    if isinstance(immortals, Immortals):
        assert immortals.without_reason() == set()


@pytest.fixture(scope="session")
def redis(valkey: Valkey) -> Iterator[Redis]:
    """The database of `worker` and `api`."""
    with Redis.from_url(valkey.url) as client:
        yield client


@pytest.fixture(scope="session")
def worker(valkey: Valkey, directory: Path) -> Iterator[Program]:
    """A pool of two for the default queue, and an event loop."""
    with running_worker(directory, "-Q", "default,async", redis_url=valkey.url) as server:
        yield server


@pytest.fixture(scope="session")
def api(valkey: Valkey, directory: Path, worker: Program) -> Iterator[API]:  # noqa: ARG001 - to be running
    """The API whose tasks `worker` runs; it sends webhooks to loopback addresses."""
    with running_api(directory, redis_url=valkey.url, webhook_allow="127.0.0.0/8") as server:
        yield server


@pytest.fixture(scope="session")
def client(api: API) -> Iterator[httpx.Client]:
    """A client of the whole: tasks that it submits end."""
    with api.client() as client:
        yield client


@pytest.fixture(scope="session")
def quiet_url(valkey: Valkey) -> str:
    """A database in which nothing happens but what `quiet` does."""
    return valkey.url.removesuffix("/0") + f"/{UNSERVED_DATABASE}"


@pytest.fixture(scope="session")
def quiet(quiet_url: str, directory: Path) -> Iterator[httpx.Client]:
    """A client of an API without a worker: what it submits stays queued."""
    with running_api(directory, redis_url=quiet_url) as server, server.client() as client:
        yield client


@pytest.fixture(scope="session")
def faulty(quiet_url: str, directory: Path) -> Iterator[API]:
    """An API whose routes fail when they are asked to, with room for one schedule."""
    with running_api(
        directory, factory="tests.support.apps:with_faults", redis_url=quiet_url, max_schedules=1
    ) as server:
        yield server


@pytest.fixture(scope="session")
def cut_off(directory: Path) -> Iterator[httpx.Client]:
    """A client of an API whose Redis is not there."""
    nowhere = f"redis://127.0.0.1:{free_port()}/0"
    with running_api(directory, redis_url=nowhere) as server, server.client() as client:
        yield client


@pytest.fixture(scope="session")
def locked(new_database: Callable[[], str], directory: Path) -> Iterator[Locked]:
    """An API that needs a key, with one of each kind."""
    with locked_api(new_database(), directory, max_file_bytes_per_owner=100_000) as api:
        yield api


@pytest.fixture
def quiet_redis(quiet_url: str) -> Iterator[Redis]:
    """The database of `quiet`, empty at first."""
    with Redis.from_url(quiet_url) as client:
        client.flushdb()
        yield client


@pytest.fixture(scope="session")
def new_database(valkey: Valkey) -> Callable[[], str]:
    """Makes the URL of a database that nobody else uses."""
    numbers = count(FIRST_OWN_DATABASE)
    return lambda: valkey.url.removesuffix("/0") + f"/{next(numbers)}"


@pytest.fixture
def own_url(new_database: Callable[[], str]) -> str:
    """A database of this test's own."""
    return new_database()


@pytest.fixture
def own_redis(own_url: str) -> Iterator[Redis]:
    """A client of it."""
    with Redis.from_url(own_url) as client:
        yield client


@pytest.fixture
def own_client(own_url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    """A client of an API on it."""
    with running_api(tmp_path, redis_url=own_url) as api, api.client() as client:
        yield client
