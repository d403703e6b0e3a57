"""A ledger for each test, on one server."""

from collections.abc import Iterator

import pytest

from tests.ledger.apps.place import Place


@pytest.fixture
def place(own_url: str) -> Iterator[Place]:
    """A ledger of this test's own."""
    place = Place(own_url)
    yield place
    place.close()
