"""Finds out how a task is sent: where to, and by which message."""

import logging
from typing import Any, NamedTuple

from celeriac_worker.existing_app.publishing.recording import Place, place_of, template_of

logger = logging.getLogger(__name__)


class Sending(NamedTuple):
    """Where the messages of a task go, and the message as a template; None: only a worker of the app can make it."""

    place: Place
    template: str | None


def sending_of(app: Any, task: Any) -> Sending:
    """How this task is sent, as far as its structure shows."""
    place = place_of(app, task)
    try:
        return Sending(place, template_of(app, task))
    except Exception:  # code of the app takes part, and may do so again when it makes the message itself
        logger.info("the message of %s cannot be recorded", task.name, exc_info=True)
        return Sending(place, None)
