"""An API with async tasks, and a loop process that runs them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from celery import Celery

from lab.harness.servers import running_api
from tests.support.connections import close_app
from tests.worker.loops.process.played import TASKS, PlayedWorker, played_worker


@pytest.fixture(scope="package")
def loop_url(new_database: Callable[[], str]) -> str:
    """The database of the next ones."""
    return new_database()


@pytest.fixture(scope="package")
def loop_client(loop_url: str, directory: Path) -> Iterator[httpx.Client]:
    """A client of an API that offers async tasks."""
    with (
        running_api(directory, redis_url=loop_url, tasks=TASKS, show_tracebacks=True) as api,
        api.client() as client,
    ):
        yield client


@pytest.fixture(scope="package")
def loop(loop_url: str, directory: Path, loop_client: httpx.Client) -> Iterator[PlayedWorker]:  # noqa: ARG001 - to be running
    """The loop that runs its tasks."""
    with played_worker(directory, redis_url=loop_url, max_result_bytes=50_000) as worker:
        yield worker


@pytest.fixture(scope="package")
def stock(loop_url: str) -> Iterator[Celery]:
    """A stock Celery app on its database."""
    app = Celery("stock", broker=loop_url, backend=loop_url, set_as_current=False)
    app.conf.task_default_queue = "async"
    yield app
    close_app(app)
