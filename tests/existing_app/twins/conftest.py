"""The twins of a module: a stock worker and a plugged one, side by side."""

import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from lab.twins.case import POOLS
from lab.twins.twin import PYTHON, Twin, both

Seen = dict[str, Any]


class Sides(NamedTuple):
    """The plugged twin, and what was seen: of the stock one, and of the plugged one by a publisher of each kind."""

    plugged: Twin
    stock: Seen
    plugged_all: Seen
    plugged_worker: Seen


def needs(pool: str) -> list[pytest.MarkDecorator]:
    """All but the first take longer than the suite may, and those of greenlets have a package of their own."""
    missing = (
        pool in ("gevent", "eventlet")
        and subprocess.run([PYTHON, "-c", f"import {pool}"], capture_output=True, check=False).returncode
    )
    return [pytest.mark.trial, pytest.mark.skipif(bool(missing), reason=f"{pool} is not installed")]


@pytest.fixture(
    scope="module", params=["prefork", *(pytest.param(pool, marks=needs(pool)) for pool in POOLS[1:])]
)
def sides(
    request: pytest.FixtureRequest, new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sides]:
    """Every case, done on all sides at once."""
    directory: Path = tmp_path_factory.mktemp("twins")
    stock = Twin(new_database(), directory, request.param)
    plugged = Twin(new_database(), directory, request.param, plugged=True)
    with both(stock, plugged), ThreadPoolExecutor() as threads:
        seen = [
            threads.submit(stock.publish),
            threads.submit(plugged.publish),
            threads.submit(plugged.publish, plugged=False, trail="published by stock: "),
        ]
        yield Sides(plugged, *(each.result() for each in seen))
