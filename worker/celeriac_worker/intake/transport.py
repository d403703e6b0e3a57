"""kombu's Redis transport, which takes several short tasks at once and rejects non-messages."""

import json
import logging
from collections.abc import Iterator, Sized
from contextlib import contextmanager, suppress
from time import monotonic, sleep
from typing import Any

from celery import current_app
from kombu.transport import redis
from kombu.transport.virtual import Message, QoS
from kombu.utils.encoding import bytes_to_str
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoPermissionError, RedisError, ResponseError

from celeriac.ledger.protocol.message import ORIGIN
from celeriac.ledger.store.refusal import refusal_of
from celeriac.redis_address import database, pool
from celeriac_worker.intake.message_check import fault_of
from celeriac_worker.intake.prefetch import MOST, Ahead

KOMBU_TYPE = b"__type__"
# How long no message is asked for after Redis has refused one.
PAUSE_SECONDS = 0.5

logger = logging.getLogger(__name__)


class Reservation(QoS):  # type: ignore[misc]  # kombu has no types
    """The messages that the worker reserves: one for each process, and what they will get through in a moment.

    What Celery rejects for good is kept as a rejected message; Celery itself would drop it.
    """

    def __init__(self, channel: Any, prefetch_count: int = 0) -> None:
        """Nothing is reserved yet."""
        super().__init__(channel, prefetch_count)
        self._ahead: Ahead = getattr(current_app, "ahead", None) or Ahead()
        self._paused_until = 0.0

    def pause(self) -> None:
        """Ask for nothing for a moment: Redis refuses."""
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
            _reject(queue, redis.dumps(message._raw), "Celery knows no such task, or cannot read it")  # noqa: SLF001 - as it came
        super().reject(delivery_tag, requeue)


class PlainMessage(Message):  # type: ignore[misc]  # kombu has no types
    """Read without a look at each object for kombu's own types, where there can be none."""

    def _decode(self) -> Any:
        """Called by Celery to see of which version it is; a process of the pool reads it again, as kombu does."""
        if isinstance(self.body, bytes) and KOMBU_TYPE not in self.body:
            with suppress(ValueError, RecursionError):
                return json.loads(self.body)
        return super()._decode()


class Channel(redis.Channel):  # type: ignore[misc]  # kombu has no types
    """Takes as many messages as there is room for, and reads them with care."""

    QoS, Message = Reservation, PlainMessage
    # Whether the server knows BLMPOP (Redis 7.0) and lets us use it; otherwise one message is taken at a time.
    takes_several = True

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """As kombu does it, but that it puts a QoS of its own in place when acknowledgements are off.

        Kombu sends a PING, and Redis refuses it while it cannot write to its disk.
        """
        with _refused_is_away():
            super().__init__(*arguments, **options)
        self.QoS = Reservation

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
        return pool(url, wrap=self._telling if asynchronous else _as_it_is, **timeouts)

    def _telling(self, kind: Any) -> Any:
        channel = self

        class Telling(kind):  # type: ignore[misc]  # it is known when it is called
            def disconnect(self, *arguments: Any, **options: Any) -> None:
                super().disconnect(*arguments, **options)
                if channel._registered:
                    channel._on_connection_disconnect(self)

        return Telling

    @contextmanager
    def conn_or_acquire(self, client: Any = None) -> Iterator[Any]:
        """Called by kombu for each command but BLMPOP."""
        with _refused_is_away(), super().conn_or_acquire(client) as acquired:
            yield acquired

    def _queue_bind(self, *arguments: Any) -> None:
        """Called by kombu at its start, for publishers, who do the same before they publish: a worker needs it not."""
        try:
            super()._queue_bind(*arguments)
        except RefusedError as error:
            logger.warning("redis refuses to bind a queue (%s); messages are taken without it", error)

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
                logger.info("redis has no BLMPOP for us (%s); messages are taken one at a time", error)
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
            _reject(queue, item.decode(errors="backslashreplace"), fault)


class RefusedError(RedisConnectionError):
    """A refusal that can pass, for Celery, which waits for a Redis that is away and ends for other errors."""


def _as_it_is(kind: Any) -> Any:
    return kind


@contextmanager
def _refused_is_away() -> Iterator[None]:
    try:
        yield
    except ResponseError as error:
        if refusal_of(error) is None:
            raise
        raise RefusedError(str(error)) from error


class QuarantiningTransport(redis.Transport):  # type: ignore[misc]  # kombu has no types
    """For the setting `broker_transport`."""

    Channel = Channel


def _active() -> Sized:
    """What the pool runs of ours; nothing in a program that is no worker."""
    active: Sized = getattr(current_app, "active", ())
    return active


def _means_no_such_command(refusal: ResponseError) -> bool:
    return isinstance(refusal, NoPermissionError) or str(refusal).startswith("unknown command")


def _reject(queue: str, message: str, reason: str) -> None:
    logger.error("a message in queue %s is rejected: %s", queue, reason[:200])
    current_app.consumer.reject(queue, message=message, reason=reason[:1000])
