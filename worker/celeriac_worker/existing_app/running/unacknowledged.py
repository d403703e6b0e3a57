"""Leaves kombu's hash of unacknowledged messages to those that the ledger does not push.

What is in that hash and named by no heartbeat counts as held by a worker without a ledger. A worker that died between a receipt and its
next heartbeat would leave such messages there, until the visibility timeout. The ledger knows of each message that it has pushed, and
pushes it again when its worker is gone: so these are never there.
"""

from typing import Any

from celery import bootsteps
from kombu.transport.redis import QoS

from celeriac_worker.existing_app.running.receipt import stamp_of
from celeriac_worker.existing_app.state import ledger_of


class Unacknowledged(bootsteps.StartStopStep):  # type: ignore[misc]  # celery has no types
    """Has the channel of a consumer keep its messages in this way, after each connection to the broker."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, consumer: Any) -> None:
        """Called before the consumer takes its first message."""
        qos = consumer.task_consumer.channel.qos
        if ledger_of(consumer.app) is not None and type(qos) is QoS:
            qos.__class__ = LedgerQoS


class LedgerQoS(QoS):  # type: ignore[misc]  # kombu has no types
    """The unacknowledged messages of one channel; those of the ledger are in the memory of this process alone."""

    def append(self, message: Any, delivery_tag: str) -> None:
        """A message has come."""
        if stamp_of(message) is None:
            super().append(message, delivery_tag)
        else:
            super(QoS, self).append(message, delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:  # noqa: FBT001, FBT002 - kombu's signature
        """A message is not wanted here; with `requeue`, another worker gets it at once."""
        if requeue:
            with self.channel.conn_or_acquire() as client:
                self._push_again([delivery_tag], client, leftmost=True)
        super().reject(delivery_tag, requeue=requeue)

    def restore_unacked(self, client: Any = None) -> None:
        """The channel closes: others get what was not acknowledged."""
        with self.channel.conn_or_acquire(client) as connection:
            self._push_again(list(self._delivered), connection)
            super().restore_unacked(connection)

    def _push_again(self, tags: list[str], client: Any, *, leftmost: bool = False) -> None:
        """Those of the ledger; kombu does the others."""
        with client.pipeline() as pipe:
            for tag in tags:
                message = self._delivered.get(tag)
                if message is not None and tag not in self._dirty and stamp_of(message) is not None:
                    info, raw = message.delivery_info, message._raw  # noqa: SLF001 - what came, as kombu keeps it
                    restore = self.channel._do_restore_message  # noqa: SLF001 - as kombu does it
                    restore(raw, info["exchange"], info["routing_key"], pipe, leftmost)
            pipe.execute()
