"""Both sides of the client, and one client of each for the shared API."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.harness.servers import API
from tests.client.sides import SIDES, Side


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The developer's own servers, keys and profiles are none of ours."""
    for name in ("CELERIAC_URL", "CELERIAC_KEY", "CELERIAC_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CELERIAC_CONFIG", str(tmp_path / "config.toml"))


@pytest.fixture(scope="module", params=SIDES)
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    """Sync and async."""
    side = Side(request.param)
    yield side
    side.close()


@pytest.fixture(scope="module")
def ours(side: Side, api: API) -> Iterator[Any]:
    """A client of the shared API, whose worker runs what it submits."""
    with side.client(f"http://127.0.0.1:{api.port}", timeout=60) as client:
        yield client
