"""The Redis channel of a worker, whichever way it reads: addresses, refusals, what it rejects.

To report to kombu: a command that Redis refuses for a while (full, busy, a replica) ends the worker; it could count as a lost
connection. Without acknowledgements, a channel replaces the `QoS` of its own class.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from celery import current_app
from kombu.transport import redis
from kombu.transport.virtual import QoS
from kombu.utils.json import dumps
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from celeriac.ledger.protocol.message import ORIGIN
from celeriac.ledger.store.refusal import refusal_of
from celeriac.values.addresses.redis_address import database, pool

logger = logging.getLogger(__name__)


class ReservedMessages(QoS):  # type: ignore[misc]  # kombu has no types
    """The messages that the worker reserves. A message that Celery rejects is kept as a rejected message; Celery would drop it."""

    def restore_unacked(self) -> list[tuple[BaseException, Any]]:
        """Called when the connection is gone: put back what was taken. What cannot be is written into a file, input and all.

        So not ours: it is in the ledger.
        """
        unrestored = super().restore_unacked()
        return [(error, message) for error, message in unrestored if message.headers.get("origin") != ORIGIN]

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:  # noqa: FBT001, FBT002 - kombu's signature
        """Called by Celery for messages that it cannot make a task of."""
        if not requeue:
            message = self.get(delivery_tag)
            queue = message.delivery_info.get("routing_key") or "unknown"
            reject(queue, dumps(message._raw), "Celery does not know the task, or cannot read it")  # noqa: SLF001 - as it came
        super().reject(delivery_tag, requeue)


class Channel(redis.Channel):  # type: ignore[misc]  # kombu has no types
    """Connects by the settings, and treats a refusal that can pass like a lost connection."""

    QoS = ReservedMessages

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """As kombu does it, but that it puts a QoS of its own in place when acknowledgements are off.

        Kombu sends a PING, and Redis refuses it while it cannot write to its disk.
        """
        with refused_is_away():
            super().__init__(*arguments, **options)
        self.QoS = type(self).QoS

    def _get_pool(self, asynchronous: bool = False) -> Any:  # noqa: FBT001, FBT002 - kombu's signature
        """Called by kombu, which reads addresses otherwise; of its connections in the event loop it hears when they end."""
        url = current_app.settings.broker
        self.keyprefix_fanout: str = self.keyprefix_fanout.format(db=database(url))
        timeouts = {
            "socket_timeout": self.socket_timeout,
            "socket_connect_timeout": self.socket_connect_timeout,
            "socket_keepalive": self.socket_keepalive,
            "health_check_interval": self.health_check_interval,
        }
        return pool(url, wrap=self.connection_in_loop if asynchronous else _as_it_is, **timeouts)

    def connection_in_loop(self, kind: Any) -> Any:
        """The class of the connections in the event loop, made of redis-py's."""
        channel = self

        class Telling(kind):  # type: ignore[misc]  # it is known when it is called
            def disconnect(self, *arguments: Any, **options: Any) -> None:
                super().disconnect(*arguments, **options)
                if channel._registered:
                    channel._on_connection_disconnect(self)

        return Telling

    @contextmanager
    def conn_or_acquire(self, client: Any = None) -> Iterator[Any]:
        """Called by kombu for each command but the one that asks for messages."""
        with refused_is_away(), super().conn_or_acquire(client) as acquired:
            yield acquired

    def _queue_bind(self, *arguments: Any) -> None:
        """Called by kombu at its start, for publishers, who do the same before they publish: a worker needs it not."""
        try:
            super()._queue_bind(*arguments)
        except RefusedError as error:
            logger.warning("redis refuses to bind a queue (%s); the worker takes messages without it", error)


class RefusedError(RedisConnectionError):
    """A refusal that can pass, in the form in which Celery waits; other errors end Celery."""


@contextmanager
def refused_is_away() -> Iterator[None]:
    """Raises `RefusedError` instead of a refusal that can pass."""
    try:
        yield
    except ResponseError as error:
        if refusal_of(error) is None:
            raise
        raise RefusedError(str(error)) from error


def reject(queue: str, message: str, reason: str) -> None:
    """Keep an invalid message as a rejected one."""
    logger.error("a message in queue %s is rejected: %s", queue, reason[:200])
    current_app.consumer.reject(queue, message=message, reason=reason[:1000])


def _as_it_is(kind: Any) -> Any:
    return kind
