"""Reads the headers of Celery's messages for the ledger."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from celeriac.ledger.model.trace import parsed_trace


def from_now(moment: datetime | None) -> timedelta | None:
    """The time until a moment, not negative; a worker takes one without a zone as UTC, too."""
    if moment is None:
        return None
    at = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(timedelta(), at - datetime.now(UTC))


def parent_of(headers: Mapping[str, Any]) -> str | None:
    """The task that published this one; Celery calls a retry a child of its own run."""
    parent: str | None = headers.get("parent_id")
    return parent if parent != headers["id"] else None


def trace_id_of(headers: Mapping[str, Any]) -> str | None:
    """The trace that the message is part of."""
    parent = headers.get("traceparent")
    trace = parsed_trace(parent) if isinstance(parent, str) else None
    return trace.trace_id if trace else None
