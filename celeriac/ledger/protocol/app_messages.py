"""Makes what waits in a list for the task of an existing Celery app.

That is Celery's own message, where one was recorded that does not depend on the arguments; else a wish that a worker of the app
makes it (celeriac/ledger/for_apps.py).
"""

import base64
import hashlib
import json
from dataclasses import dataclass

from celeriac.ledger.protocol.message import LOW, Envelope
from celeriac.ledger.store import keys


@dataclass(frozen=True, slots=True)
class Waiting:
    """An envelope, and the list in which it waits; None: the queue's own."""

    envelope: Envelope
    list: str | None


def recorded(template: str, *, list_name: str | None, recorded_for: str, queue: str) -> Waiting:
    """A recorded message, which went to the queue `recorded_for` and its list, for this queue."""
    if queue == recorded_for:
        return Waiting(_envelope(template), list_name)
    before, after = (
        json.dumps({"routing_key": name})[1:-1].replace("%", "%%") for name in (recorded_for, queue)
    )
    changed = template.replace(before, after, 1)
    return Waiting(_envelope(changed), list_name and list_name.replace(recorded_for, queue, 1))


def wish(*, app: str, task: str, queue: str | None, is_low: bool) -> Waiting:
    """What asks a worker of the app for the message of a task, in a queue of the caller's choice (None: of the app's)."""
    options = {"queue": queue, "priority": LOW if is_low else None}
    chosen = {name: value for name, value in options.items() if value is not None}
    # In the order of `message_of` in record.lua; what follows its last place is left out.
    head = '{"stamp": %s, "input": "%s", "id": "%s", "expires": %s%.0s, "headers": {"": null%s}, '
    tail = json.dumps({"name": task, "options": chosen})[1:].replace("%", "%%")
    return Waiting(_envelope(head + tail), keys.unsent(app))


def _envelope(text: str) -> Envelope:
    digest = hashlib.sha256(text.encode()).digest()[:9]
    return Envelope(base64.b64encode(digest).decode(), text.encode())
