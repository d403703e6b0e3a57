"""The shop with a ledger, on a database of its own."""

from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery

import celeriac
from tests.existing_app.publishing.shop import new_shop
from tests.support.connections import close_app


@pytest.fixture
def settings() -> dict[str, Any]:
    """Further settings of the shop."""
    return {}


@pytest.fixture
def plugged(own_url: str, settings: dict[str, Any]) -> Iterator[Celery]:
    """With a ledger."""
    app = new_shop(own_url, **settings)
    celeriac.install(app)
    yield app
    close_app(app)
