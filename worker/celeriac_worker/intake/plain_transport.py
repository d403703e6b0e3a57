"""kombu's own reading, one message at a time; what comes is checked on its connection.

For a kombu that worker/celeriac_worker/intake/transport.py was not written for: of what is private to kombu, some methods are
replaced, which kombu need not call.
"""

import json
import logging
from time import sleep
from typing import Any

from kombu.transport import redis
from kombu.utils.json import dumps, loads
from redis.exceptions import RedisError, ResponseError

from celeriac.ledger.store.refusal import refusal_of
from celeriac_worker.intake import channel
from celeriac_worker.intake.channel import RefusedError, reject
from celeriac_worker.intake.message_check import fault_of

# How long no message is asked for after Redis has refused one.
PAUSE_SECONDS = 0.5

logger = logging.getLogger(__name__)


class Channel(channel.Channel):
    """Kombu's channel, which never gets a message that would end it."""

    def connection_in_loop(self, kind: Any) -> Any:
        """One that looks at each answer to BRPOP before kombu does."""

        class Checking(super().connection_in_loop(kind)):  # type: ignore[misc]  # it is known when it is called
            # Whether the next answer is one to BRPOP.
            asks = False

            def send_command(self, *arguments: Any, **options: Any) -> None:
                super().send_command(*arguments, **options)
                self.asks = arguments[0] == "BRPOP"

            def read_response(self, *arguments: Any, **options: Any) -> Any:
                try:
                    answer = super().read_response(*arguments, **options)
                except ResponseError as error:
                    self._refused(error)
                    raise
                return _without_faults(answer) if self.asks else answer

            def _refused(self, error: ResponseError) -> None:
                """Celery connects again, in a moment, where the refusal can pass."""
                if refusal_of(error) is not None:
                    self.disconnect()
                    sleep(PAUSE_SECONDS)
                    raise RefusedError(str(error)) from error

        return Checking

    def _size(self, queue: str) -> int:
        """Called by Celery for each queue when it has connected, and not looked at."""
        try:
            return int(super()._size(queue))
        except RefusedError:
            return 0


class Transport(redis.Transport):  # type: ignore[misc]  # kombu has no types
    """For the setting `broker_transport`."""

    Channel = Channel

    def _deliver(self, message: Any, queue: str) -> None:
        """Called by kombu with what it has read: Celery fails at a body that cannot be read."""
        try:
            super()._deliver(message, queue)
        except (RedisError, *self.connection_errors):
            raise
        except Exception as wrong:  # noqa: BLE001 - whatever the message is, the worker goes on
            reject(queue, dumps(message), f"{type(wrong).__name__}: {wrong}")


def _without_faults(answer: Any) -> Any:
    """The answer to BRPOP; None, as after a wait in vain, for a message that is rejected."""
    if not isinstance(answer, list):
        return answer
    queue, item = answer
    fault = _fault_of(item)
    if fault is None:
        return answer
    reject(queue.decode().partition(Channel.sep)[0], item.decode(errors="backslashreplace"), fault)
    return None


def _fault_of(item: bytes) -> str | None:
    try:
        fault = fault_of(json.loads(item), brackets=item.count(b"{") + item.count(b"["))
        if fault is None:
            loads(item.decode())  # as kombu will, which knows types of its own
    except Exception as wrong:  # noqa: BLE001 - whatever the message is, the worker goes on
        return f"{type(wrong).__name__}: {wrong}"
    return fault
