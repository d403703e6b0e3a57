"""Records a message where kombu's Redis transport pushes it into a list.

Here all is decided: queue, list, priority, prefix, encoding. The ledger records and pushes in one step, on the connection of the
channel, so that an error is what it is without the ledger, and the retries of Celery and kombu act on it.
"""

import logging
from functools import wraps
from typing import Any

from kombu.transport.redis import Channel
from redis import Redis
from redis.exceptions import NoPermissionError

from celeriac_worker.existing_app.publishing.broker import is_broker_of
from celeriac_worker.existing_app.publishing.publication import name_delivery, publication_of
from celeriac_worker.existing_app.publishing.sender import Publishing, making, publishing
from celeriac_worker.existing_app.state import AppLedger

logger = logging.getLogger(__name__)
_CLIENT = "_celeriac_client"


def patch_channel() -> None:
    """Once for this process; what is not marked by `sender.py` is pushed as before."""
    stock = Channel._put  # noqa: SLF001 - kombu has no public place for it
    if hasattr(stock, "__wrapped__"):
        return

    @wraps(stock)
    def put(channel: Any, queue: str, message: dict[str, Any], **options: Any) -> None:
        mark = publishing.get()
        if mark is None or not _is_recorded(channel, queue, message, mark.ledger):
            stock(channel, queue, message, **options)
            return
        try:
            _publish(channel, queue, message, mark)
        except NoPermissionError as refusal:
            logger.warning(
                "redis refuses a record, so task %s has one when a worker gets it: %s",
                message["headers"]["id"],
                refusal,
            )
            stock(channel, queue, message, **options)

    Channel._put = put  # noqa: SLF001 - likewise


def _is_recorded(channel: Any, queue: str, message: dict[str, Any], ledger: AppLedger) -> bool:
    """Whether it is one task's only message, and goes to the Redis of the app."""
    headers = message.get("headers") or {}
    if (
        "task" not in headers or "id" not in headers
    ):  # an event, or protocol 1: a worker adopts it at its receipt
        return False
    info = message["properties"]["delivery_info"]
    exchange = info.get("exchange")
    if exchange and [name for name in channel._lookup(exchange, info.get("routing_key")) if name] != [queue]:  # noqa: SLF001
        return False  # one id in several queues
    return is_broker_of(ledger, channel.connection.client)


def _publish(channel: Any, queue: str, message: dict[str, Any], mark: Publishing) -> None:
    name_delivery(message)
    priority = channel._get_message_priority(message, reverse=False)  # noqa: SLF001 - as `_put` does it
    key = channel._q_for_pri(queue, priority)  # noqa: SLF001 - likewise
    message_made = making.get()
    is_wanted = message_made is not None and message_made.task_id == message["headers"]["id"]
    publication = publication_of(
        message,
        queue=queue,
        list_name=f"{channel.global_keyprefix}{key}",
        sending=mark.token,
        attaches=is_wanted,
    )
    mark.ledger.publisher.publish(publication, channel=_client(channel))
    if message_made is not None and is_wanted:
        message_made.is_sent = True
    _keep_expiry(channel, queue)


def _client(channel: Any) -> Redis:
    """A plain client on the connections of the channel: kombu's own would put its prefix before an argument of a script."""
    client: Redis | None = vars(channel).get(_CLIENT)
    if client is None or client.connection_pool is not channel.pool:  # it has another one after a fork
        client = vars(channel)[_CLIENT] = Redis(connection_pool=channel.pool)
    return client


def _keep_expiry(channel: Any, queue: str) -> None:
    """Queues with `x-expires` live on, as kombu has it."""
    expiry = getattr(channel, "_expires", {}).get(queue)
    if expiry:
        with channel.conn_or_acquire() as client, client.pipeline() as pipe:
            for step in channel.priority_steps:
                pipe.pexpire(channel._q_for_pri(queue, step), expiry)  # noqa: SLF001 - likewise
            pipe.execute()
