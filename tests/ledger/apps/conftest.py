"""A ledger for each test, on one server and on two."""

from collections.abc import Callable, Iterator

import pytest

from tests.ledger.apps.place import Place


@pytest.fixture(params=["one database", "two databases"])
def own_places(
    request: pytest.FixtureRequest, own_url: str, new_database: Callable[[], str]
) -> dict[str, str]:
    """Where records and queues of this test are; Celery's own tutorial has two databases."""
    return {"backend": own_url, "broker": own_url if request.param == "one database" else new_database()}


@pytest.fixture
def place(own_places: dict[str, str]) -> Iterator[Place]:
    """A ledger of this test's own."""
    place = Place(**own_places)
    yield place
    place.close()
