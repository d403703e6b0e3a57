"""Makes of a message that a worker has received what the ledger records of it."""

from typing import Any

from kombu.utils.json import dumps

from celeriac.ledger.for_apps import Publication
from celeriac_worker.existing_app.headers import from_now, parent_of, trace_id_of


def stamp_of(message: Any) -> int | None:
    """That of its push by the ledger; None if kombu alone has pushed it."""
    stamp = message._raw.get("stamp")  # noqa: SLF001 - what came, as kombu keeps it
    return stamp if type(stamp) is int else None


def is_for_all(message: Any) -> bool:
    """Whether it is a broadcast, which each worker gets, under one id."""
    exchange = (message.delivery_info or {}).get("exchange")
    fanouts = getattr(message.channel, "_fanout_queues", {})
    return bool(exchange) and any(exchange == name for name, _ in fanouts.values())


def publication_in(request: Any, message: Any) -> Publication:
    """The publication of a message, as its publisher would have announced it."""
    headers = request.request_dict
    queue = _queue(message)
    channel = message.channel
    priority = channel._get_message_priority(message._raw, reverse=False)  # noqa: SLF001 - as kombu restores a message
    key = channel._q_for_pri(queue, priority)  # noqa: SLF001 - likewise
    return Publication(
        task_id=request.id,
        name=request.type,
        queue=queue,
        list=f"{getattr(channel, 'global_keyprefix', '')}{key}",
        payload=dumps(message._raw),  # noqa: SLF001 - what came, as kombu keeps it
        sending=message.delivery_tag,
        due=from_now(request.eta),
        start_within=from_now(request.expires),
        parent_id=parent_of(headers),
        root_id=request.root_id,
        trace_id=trace_id_of(headers),
    )


def _queue(message: Any) -> str:
    """Where it came from, as far as kombu says: an exchange may lead to several queues."""
    info = message.delivery_info or {}
    exchange, key = info.get("exchange"), info.get("routing_key")
    if not exchange:
        return str(key)
    channel = message.channel
    queues = [name for name in channel._lookup(exchange, key) if name]  # noqa: SLF001 - as kombu restores a message
    consumed = getattr(channel, "_active_queues", [])
    return str(next((name for name in queues if name in consumed), queues[0] if queues else key))
