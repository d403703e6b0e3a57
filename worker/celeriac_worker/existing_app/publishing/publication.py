"""Makes of a message, as kombu is about to push it, what the ledger records."""

from datetime import UTC, datetime, timedelta
from typing import Any

from kombu.utils.json import dumps

from celeriac.ledger.for_apps import Publication
from celeriac.ledger.model.trace import parsed_trace


def publication_of(
    message: dict[str, Any], *, queue: str, list_name: str, sending: str, attaches: bool = False
) -> Publication:
    """The publication of a message of protocol 2 that goes to this queue, into this list; options as in `Publication`."""
    headers = message["headers"]
    now = datetime.now(UTC)
    return Publication(
        task_id=headers["id"],
        name=headers["task"],
        queue=queue,
        list=list_name,
        payload=dumps(message),
        sending=sending,
        due=_from_now(headers.get("eta"), now),
        start_within=_from_now(headers.get("expires"), now),
        parent_id=_parent_id(headers),
        root_id=headers.get("root_id"),
        trace_id=_trace_id(headers),
        attaches=attaches,
    )


def name_delivery(message: dict[str, Any]) -> None:
    """Let the first message of a task have the task's id as its delivery tag: so the ledger finds what a stock worker holds.

    A retry and a replacement keep kombu's tag: the message before them is not acknowledged yet.
    """
    headers = message["headers"]
    if not headers.get("retries") and not headers.get("replaced_task_nesting"):
        message["properties"]["delivery_tag"] = headers["id"]


def _from_now(moment: str | None, now: datetime) -> timedelta | None:
    """Celery's header `eta` or `expires` as a duration, not negative; a worker takes a moment without a zone as UTC, too."""
    if moment is None:
        return None
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:  # a worker rejects it
        return None
    return max(timedelta(), (at if at.tzinfo else at.replace(tzinfo=UTC)) - now)


def _parent_id(headers: dict[str, Any]) -> str | None:
    """The task that published this one; Celery calls a retry a child of its own run."""
    parent = headers.get("parent_id")
    return parent if parent != headers["id"] else None


def _trace_id(headers: dict[str, Any]) -> str | None:
    parent = headers.get("traceparent")
    trace = parsed_trace(parent) if isinstance(parent, str) else None
    return trace.trace_id if trace else None
