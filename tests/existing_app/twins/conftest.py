"""The twins of a module: a stock worker and a plugged one, side by side."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from lab.twins.case import POOLS
from lab.twins.twin import Twin, both

Seen = dict[str, Any]


class Sides(NamedTuple):
    """The plugged twin, and what was seen: of the stock one, and of the plugged one by a publisher of each kind."""

    plugged: Twin
    stock: Seen
    plugged_all: Seen
    plugged_worker: Seen


@pytest.fixture(scope="module", params=POOLS[:1])
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
