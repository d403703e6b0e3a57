"""kombu's Redis transport, which takes several short tasks at once and rejects invalid messages.

Upstream: https://github.com/celery/celery/issues/7975 (an invalid message ends the worker) and
https://github.com/celery/celery/issues/4354 (what BRPOP has popped is lost with its connection).
To report to kombu: an option that takes several messages at once, with BLMPOP.
"""

import json
import logging
from collections.abc import Sized
from contextlib import suppress
from time import monotonic, sleep
from typing import Any

from celery import current_app
from kombu.transport import redis
from kombu.transport.virtual import Message
from kombu.utils.encoding import bytes_to_str
from redis.exceptions import NoPermissionError, RedisError, ResponseError

from celeriac.ledger.store.refusal import refusal_of
from celeriac_worker.intake import channel
from celeriac_worker.intake.channel import RefusedError, ReservedMessages, reject
from celeriac_worker.intake.message_check import fault_of
from celeriac_worker.intake.prefetch import MOST, Ahead

KOMBU_TYPE = b"__type__"
# How long no message is asked for after Redis has refused one.
PAUSE_SECONDS = 0.5

logger = logging.getLogger(__name__)


class Reservation(ReservedMessages):
    """One message for each process, and as many as they will finish in a moment."""

    def __init__(self, channel: Any, prefetch_count: int = 0) -> None:
        """Nothing is reserved yet."""
        super().__init__(channel, prefetch_count)
        self._ahead: Ahead = getattr(current_app, "ahead", None) or Ahead()
        self._paused_until = 0.0

    def pause(self) -> None:
        """Pause requests for a moment, because Redis refuses."""
        self._paused_until = monotonic() + PAUSE_SECONDS

    def can_consume(self) -> bool:
        """Whether to ask Redis for more, or to read what was asked for. Asking for a few is not worth it while all are busy."""
        if self._paused_until and monotonic() < self._paused_until:
            return False
        return bool(self.channel._in_poll) or self.room() > self._ahead.messages() // 2  # noqa: SLF001 - as kombu's own does

    def room(self) -> int:
        """For how many more messages. To Celery, a count of 0 is no limit."""
        if not self.prefetch_count:
            return MOST
        # When the connection was lost, it has forgotten what it had delivered; some of that may still run.
        reserved = max(len(self._delivered) - len(self._dirty), len(_active()))
        return int(self.prefetch_count) - self._ahead.missing + self._ahead.messages() - reserved


class PlainMessage(Message):  # type: ignore[misc]  # kombu has no types
    """Read without a look at each object for kombu's own types, where there can be none."""

    def _decode(self) -> Any:
        """Called by Celery to see of which version it is; a process of the pool reads it again, as kombu does."""
        if isinstance(self.body, bytes) and KOMBU_TYPE not in self.body:
            with suppress(ValueError, RecursionError):
                return json.loads(self.body)
        return super()._decode()


class Channel(channel.Channel):
    """Takes as many messages as there is room for, and checks them."""

    QoS, Message = Reservation, PlainMessage
    # Whether the server knows BLMPOP (Redis 7.0) and lets us use it; otherwise one message is taken at a time.
    takes_several = True

    def _size(self, queue: str) -> int:
        """Called by Celery for each queue when it has connected; a refusal makes it connect again.

        Kombu asks in a transaction, which Redis 7.0 refuses while it is full.
        """
        try:
            with self.conn_or_acquire() as client, client.pipeline(transaction=False) as pipe:
                for priority in self.priority_steps:
                    pipe.llen(self._q_for_pri(queue, priority))
                return sum(map(int, pipe.execute()))
        except RefusedError:
            sleep(PAUSE_SECONDS)
            raise

    def _brpop_start(self, timeout: float | None = None) -> None:
        """Ask for messages, unless Redis refuses the PING that may come before it."""
        try:
            self._ask(timeout)
        except ResponseError as error:
            self._pause_if_refused(error)

    def _ask(self, timeout: float | None) -> None:
        """As kombu does it with BRPOP, but for several."""
        if not self.takes_several:
            super()._brpop_start(timeout)
            return
        queues = self._queue_cycle.consume(len(self.active_queues))
        lists = [self._q_for_pri(queue, priority) for priority in self.priority_steps for queue in queues]
        if not lists:
            return
        count = max(1, self.qos.room())
        self._in_poll = self.client.connection
        self._brpop_sent_at = monotonic()
        self._in_poll.send_command(
            "BLMPOP", timeout or self.brpop_timeout or 0, len(lists), *lists, "RIGHT", "COUNT", count
        )

    def _brpop_read(self, **options: Any) -> bool:
        """Take what has come, and deliver it, or reject it."""
        try:
            popped = self._popped(**options)
        finally:
            self._in_poll = None
            self._flush_brpop_reauth()
        if popped is None:
            raise redis.Empty
        queue = bytes_to_str(popped[0]).rsplit(self.sep, 1)[0]
        self._queue_cycle.rotate(queue)
        messages = popped[1] if isinstance(popped[1], list) else [popped[1]]
        for message in messages:
            self._deliver_carefully(message, queue)
        return True

    def _popped(self, **options: Any) -> Any:
        try:
            return self.client.parse_response(self.client.connection, "BRPOP", **options)
        except self.connection_errors:
            self.client.connection.disconnect()
            raise
        except ResponseError as error:
            if self.takes_several and _means_no_such_command(error):
                logger.info("redis does not allow BLMPOP (%s); the worker takes one message at a time", error)
                self.takes_several = False
            else:
                self._pause_if_refused(error)
            return None

    def _pause_if_refused(self, error: ResponseError) -> None:
        """Ask again in a moment, over a new connection; raise what is no refusal that can pass."""
        if refusal_of(error) is None:
            raise error
        current_app.consumer.outage.goes_on(error)
        self._in_poll = None
        self.client.connection.disconnect()
        self.qos.pause()

    def _deliver_carefully(self, item: bytes, queue: str) -> None:
        try:
            message = json.loads(item)
            fault = fault_of(message, brackets=item.count(b"{") + item.count(b"["))
            if fault is None:
                self.connection._deliver(message, queue)  # noqa: SLF001 - as kombu does it
        except (RedisError, *self.connection_errors):
            raise
        except Exception as wrong:  # noqa: BLE001 - whatever the message is, the worker goes on
            fault = f"{type(wrong).__name__}: {wrong}"
        if fault is not None:
            reject(queue, item.decode(errors="backslashreplace"), fault)


class QuarantiningTransport(redis.Transport):  # type: ignore[misc]  # kombu has no types
    """For the setting `broker_transport`."""

    Channel = Channel


def _active() -> Sized:
    """What the pool runs of ours; nothing in a program that is no worker."""
    active: Sized = getattr(current_app, "active", ())
    return active


def _means_no_such_command(refusal: ResponseError) -> bool:
    return isinstance(refusal, NoPermissionError) or str(refusal).startswith("unknown command")
