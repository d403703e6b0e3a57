"""Chooses what waits in a queue for the tasks of a definition.

Tasks of our own have a message of ours. Those of an existing app have the one that was recorded from Celery, or else a wish for a
worker of the app, which makes it.
"""

from dataclasses import replace

from celeriac.contract.definition import Definition
from celeriac.ledger.protocol.app_messages import Waiting, recorded, wish
from celeriac.ledger.protocol.message import LOW, envelope
from celeriac.settings import Settings


def waiting_for(definition: Definition, *, queue: str, settings: Settings, is_low: bool) -> Waiting:
    """What waits in this queue, with low priority or not. It has the mark of the definition."""
    waiting = _waiting_for(definition, queue=queue, settings=settings, is_low=is_low)
    return replace(waiting, envelope=waiting.envelope.under(definition.digest))


def _waiting_for(definition: Definition, *, queue: str, settings: Settings, is_low: bool) -> Waiting:
    own_queue = definition.queue_in(settings)
    if definition.app is None:
        hard, soft = definition.time_limits(settings.soft_time_limit)
        priority = LOW if is_low else 0
        message = envelope(
            task=definition.celery_name, queue=queue, time_limit=hard, soft_time_limit=soft, priority=priority
        )
        return Waiting(message, None)
    if definition.template is None:
        chosen = None if queue == own_queue else queue
        return wish(app=definition.app, task=definition.celery_name, queue=chosen, is_low=is_low)
    return recorded(definition.template, list_name=definition.list, recorded_for=own_queue, queue=queue)
