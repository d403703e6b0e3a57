"""What the headers of a message mean, published or received."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from celeriac_worker.existing_app.headers import from_now, parent_of, trace_id_of

TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.parametrize(
    ("headers", "parent"),
    [
        ({"id": "b", "parent_id": "a"}, "a"),
        ({"id": "b", "parent_id": "b"}, None),  # a retry
        ({"id": "b"}, None),
    ],
)
def test_a_task_is_no_child_of_its_own(headers: dict[str, Any], parent: str | None) -> None:
    assert parent_of(headers) == parent


def test_a_moment_that_is_over_is_now_and_one_without_a_zone_is_utc() -> None:
    now = datetime.now(UTC)
    assert from_now(now - timedelta(hours=1)) == timedelta()
    ahead = from_now((now + timedelta(hours=1)).replace(tzinfo=None))
    assert ahead is not None
    assert timedelta(minutes=59) < ahead <= timedelta(hours=1)


@pytest.mark.parametrize("value", [f"00-{TRACE}-b7ad6b7169203331-01", "nonsense", 1, None])
def test_only_a_valid_trace_has_an_id(value: Any) -> None:
    expected = TRACE if isinstance(value, str) and TRACE in value else None
    assert trace_id_of({"traceparent": value}) == expected
