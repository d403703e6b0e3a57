"""kombu's Redis transport, with a quarantine: what is no message is kept to be looked at, and harms no worker."""

import logging
from typing import Any

from celery import current_app
from kombu.transport import redis
from kombu.transport.virtual import QoS
from kombu.utils.encoding import bytes_to_str
from redis.exceptions import RedisError

from worker.poison import fault_of

logger = logging.getLogger(__name__)


class Quarantine(QoS):  # type: ignore[misc]  # kombu has no types
    """What Celery rejects for good goes into the quarantine; Celery itself would drop it."""

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:  # noqa: FBT001, FBT002 - kombu's signature
        """Called by Celery for messages that it cannot make a task of."""
        if not requeue:
            message = self.get(delivery_tag)
            queue = message.delivery_info.get("routing_key") or "unknown"
            _quarantine(queue, redis.dumps(message._raw), "Celery knows no such task, or cannot read it")  # noqa: SLF001 - as it came
        super().reject(delivery_tag, requeue)


class Channel(redis.Channel):  # type: ignore[misc]  # kombu has no types
    """Reads messages with care."""

    QoS = Quarantine

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """As kombu does it, but that it puts a QoS of its own in place when acknowledgements are off."""
        super().__init__(*arguments, **options)
        self.QoS = Quarantine

    def _brpop_read(self, **options: Any) -> bool:
        """Take what BRPOP has brought, and deliver it, or put it into quarantine."""
        try:
            popped = self._popped(**options)
        finally:
            self._in_poll = None
            self._flush_brpop_reauth()
        if popped is None:
            raise redis.Empty
        queue = bytes_to_str(popped[0]).rsplit(self.sep, 1)[0]
        self._queue_cycle.rotate(queue)
        self._deliver_carefully(popped[1], queue)
        return True

    def _popped(self, **options: Any) -> Any:
        try:
            return self.client.parse_response(self.client.connection, "BRPOP", **options)
        except self.connection_errors:
            self.client.connection.disconnect()
            raise

    def _deliver_carefully(self, item: bytes, queue: str) -> None:
        try:
            message = redis.loads(bytes_to_str(item))
            fault = fault_of(message)
            if fault is None:
                self.connection._deliver(message, queue)  # noqa: SLF001 - as kombu does it
        except (RedisError, *self.connection_errors):
            raise
        except Exception as wrong:  # noqa: BLE001 - whatever the message is, the worker goes on
            fault = f"{type(wrong).__name__}: {wrong}"
        if fault is not None:
            _quarantine(queue, item.decode(errors="backslashreplace"), fault)


class QuarantiningTransport(redis.Transport):  # type: ignore[misc]  # kombu has no types
    """For the setting `broker_transport`."""

    Channel = Channel


def _quarantine(queue: str, message: str, reason: str) -> None:
    logger.error("a message in queue %s is put into quarantine: %s", queue, reason[:200])
    current_app.consumer.quarantine(queue, message=message, reason=reason[:1000])
