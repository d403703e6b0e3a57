"""What the tests share: one Valkey, one worker, one API, and an API whose tasks nobody takes."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from redis import Redis

from stack.ports import free_port
from stack.valkey import Valkey
from tests.servers import API, Server, running_api, running_worker

# A task definition with this queue is accepted and stays queued: the shared worker listens to the default queue alone.
UNSERVED_DATABASE = 1


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the servers of this run keep their logs and data."""
    return tmp_path_factory.mktemp("servers")


@pytest.fixture(scope="session")
def valkey(directory: Path) -> Iterator[Valkey]:
    """The server of all who need no server of their own."""
    with Valkey(directory / "valkey") as server:
        yield server


@pytest.fixture(scope="session")
def redis(valkey: Valkey) -> Iterator[Redis]:
    """The database of `worker` and `api`."""
    with Redis.from_url(valkey.url) as client:
        yield client


@pytest.fixture(scope="session")
def worker(valkey: Valkey, directory: Path) -> Iterator[Server]:
    """A pool of two, for the default queue."""
    with running_worker(directory, "-Q", "default", redis_url=valkey.url) as server:
        yield server


@pytest.fixture(scope="session")
def api(valkey: Valkey, directory: Path, worker: Server) -> Iterator[API]:  # noqa: ARG001 - to be running
    """The API whose tasks `worker` runs."""
    with running_api(directory, redis_url=valkey.url) as server:
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
    """An API whose routes fail when they are asked to."""
    with running_api(directory, factory="tests.apps:with_faults", redis_url=quiet_url) as server:
        yield server


@pytest.fixture(scope="session")
def cut_off(directory: Path) -> Iterator[httpx.Client]:
    """A client of an API whose Redis is not there."""
    nowhere = f"redis://127.0.0.1:{free_port()}/0"
    with running_api(directory, redis_url=nowhere) as server, server.client() as client:
        yield client


@pytest.fixture
def quiet_redis(quiet_url: str) -> Iterator[Redis]:
    """The database of `quiet`, empty at first."""
    with Redis.from_url(quiet_url) as client:
        client.flushdb()
        yield client
