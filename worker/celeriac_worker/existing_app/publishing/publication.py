"""Makes of a message, as kombu is about to push it, what the ledger records."""

from datetime import datetime, timedelta
from typing import Any

from kombu.utils.json import dumps

from celeriac.ledger.for_apps import Publication
from celeriac_worker.existing_app.headers import from_now, parent_of, trace_id_of


def publication_of(
    message: dict[str, Any], *, queue: str, list_name: str, sending: str, attaches: bool = False
) -> Publication:
    """The publication of a message of protocol 2 that goes to this queue, into this list; options as in `Publication`."""
    headers = message["headers"]
    return Publication(
        task_id=headers["id"],
        name=headers["task"],
        queue=queue,
        list=list_name,
        payload=dumps(message),
        sending=sending,
        due=_from_now(headers.get("eta")),
        start_within=_from_now(headers.get("expires")),
        parent_id=parent_of(headers),
        root_id=headers.get("root_id"),
        trace_id=trace_id_of(headers),
        attaches=attaches,
    )


def name_delivery(message: dict[str, Any]) -> None:
    """Let the first message of a task have the task's id as its delivery tag: so the ledger finds what a stock worker holds.

    A retry and a replacement keep kombu's tag: the message before them is not acknowledged yet.
    """
    headers = message["headers"]
    if not headers.get("retries") and not headers.get("replaced_task_nesting"):
        message["properties"]["delivery_tag"] = headers["id"]


def _from_now(moment: str | None) -> timedelta | None:
    """Celery's header `eta` or `expires` as a duration."""
    try:
        return None if moment is None else from_now(datetime.fromisoformat(moment))
    except ValueError:  # a worker rejects it
        return None
