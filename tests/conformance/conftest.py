"""Programs of stock Celery, and an API whose tasks a stock worker runs."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from celeriac.stack.valkey import Valkey
from lab.harness.servers import running_api
from tests.conformance.stock import CeleryProgram, running_program, running_stock_worker

STOCK_DATABASE = 2


@pytest.fixture(scope="session")
def program(valkey: Valkey) -> Iterator[CeleryProgram]:
    """A stock program in the database of our worker and API."""
    with running_program(valkey.url) as program:
        yield program


@pytest.fixture(scope="session")
def quiet_program(quiet_url: str) -> Iterator[CeleryProgram]:
    """A stock program in the database where nobody takes what is published."""
    with running_program(quiet_url) as program:
        yield program


@pytest.fixture(scope="session")
def stock_client(valkey: Valkey, directory: Path) -> Iterator[httpx.Client]:
    """A client of an API whose tasks a stock worker runs, which knows nothing of Celeriac."""
    url = valkey.url.removesuffix("/0") + f"/{STOCK_DATABASE}"
    with (
        running_stock_worker(directory, redis_url=url),
        running_api(directory, redis_url=url) as api,
        api.client() as client,
    ):
        yield client
