"""Makes of a message that a worker has received what the ledger records of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from kombu.utils.json import dumps

from celeriac.ledger.for_apps import Publication
from celeriac.ledger.model.trace import parsed_trace


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
    now = datetime.now(UTC)
    trace = headers.get("traceparent")
    parsed = parsed_trace(trace) if isinstance(trace, str) else None
    return Publication(
        task_id=request.id,
        name=request.type,
        queue=queue,
        list=f"{getattr(channel, 'global_keyprefix', '')}{key}",
        payload=dumps(message._raw),  # noqa: SLF001 - what came, as kombu keeps it
        sending=message.delivery_tag,
        due=_from_now(request.eta, now),
        start_within=_from_now(request.expires, now),
        parent_id=request.parent_id,
        root_id=request.root_id,
        trace_id=parsed.trace_id if parsed else None,
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


def _from_now(moment: datetime | None, now: datetime) -> timedelta | None:
    if moment is None:
        return None
    return max(timedelta(), (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now)
