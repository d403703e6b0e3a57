"""A worker's connection to Redis, which waits while Redis is away.

Redis-py's own client does the same with a pool, events and generic retries around each command, and takes twice as long.

To report to redis-py: a client without pool, events and retries for each command.
"""

import logging
import os
import random
import sys
import threading
import time
from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from hiredis import pack_command
from redis.backoff import NoBackoff
from redis.connection import AbstractConnection
from redis.exceptions import (
    ConnectionError,  # noqa: A004 - redis-py's own name
    ResponseError,
    TimeoutError,  # noqa: A004 - likewise
)
from redis.retry import Retry

from celeriac.ledger.store import scripts
from celeriac.ledger.store.functions import Way, carry_out, has_another_way
from celeriac.ledger.store.outage import Outage
from celeriac.ledger.store.refusal import refusal_of
from celeriac.ledger.store.scripts import Script
from celeriac.values.addresses.redis_address import pool

LONGEST_PAUSE_SECONDS = 1.0
AWAY = (ConnectionError, TimeoutError, OSError)
# Before version 8, redis-py says so of its asynchronous connections alone.
is_connected = attrgetter("is_connected" if hasattr(AbstractConnection, "is_connected") else "_sock")

logger = logging.getLogger(__name__)


class PatientConnection:
    """Sends a command again after a lost reply, so use it only for commands that are safe to repeat."""

    def __init__(self, url: str) -> None:
        """Nothing is sent before the first call."""
        self._pool = pool(
            url,
            socket_connect_timeout=5,
            socket_timeout=10,
            socket_keepalive=True,
            retry=Retry(NoBackoff(), 0),
            # Counted are those that were ever made, also for threads that are long gone.
            max_connections=sys.maxsize,
        )
        self._local = threading.local()
        self.outage = Outage()
        self._way = Way()

    def run(self, script: Script, *arguments: Any) -> Any:
        """The script's answer."""
        return carry_out(self._way.run(script, arguments), self.call)

    def run_both(
        self, first: Script, arguments: Iterable[Any], second: Script, following: Iterable[Any]
    ) -> tuple[Any, Any]:
        """The answers of two scripts that are sent together; the second's is None if anything comes in between."""
        commands = (self._way.command(first, arguments), self._way.command(second, following))
        packed = b"".join(map(pack_command, commands))
        connection = self._connection()
        try:
            _send(connection, [packed])
            return connection.read_response(), connection.read_response()
        except (*AWAY, ResponseError) as refusal:
            logger.info("redis: %s; trying again", refusal)
            connection.disconnect()
            return self.run(first, *arguments), None
        except BaseException:
            connection.disconnect()
            raise

    def push(self, side: bytes, list_name: bytes, message: bytes) -> None:
        """Put a message into a list, at the side that a script has answered."""
        if side == scripts.INSIDE:
            self.run(scripts.INSERT, list_name, message)
        else:
            self.call(side, list_name, message)

    def call(self, *command: Any) -> Any:
        """The command's answer, after any time."""
        packed = [pack_command(command)]
        tries = 0
        while True:
            connection = self._connection()
            try:
                _send(connection, packed)
                answer = connection.read_response()
            except AWAY as error:
                connection.disconnect()
                reason = str(error)
            except ResponseError as error:
                refusal = refusal_of(error)
                if refusal is None or has_another_way(command, refusal.code):
                    raise
                if refusal.may_pass_elsewhere:
                    connection.disconnect()
                reason = refusal.detail
            except (
                BaseException
            ):  # a time limit, say: the answer that is under way must not be taken for the next one's
                connection.disconnect()
                raise
            else:
                if self.outage.is_on:
                    self.outage.ends()
                return answer
            tries += 1
            if tries > 1:
                self.outage.goes_on(reason)
            _pause(tries)

    def _connection(self) -> AbstractConnection:
        """This thread's own; a process that was forked makes a new one."""
        if getattr(self._local, "pid", None) != os.getpid():
            self._local.connection = self._pool.make_connection()
            self._local.pid = os.getpid()
        connection: AbstractConnection = self._local.connection
        return connection


def _send(connection: AbstractConnection, packed: Any) -> None:
    """Connected here where it is not: by itself, a connection does not ask the sentinels first."""
    if not is_connected(connection):
        connection.connect()
    connection.send_packed_command(packed, check_health=False)


def _pause(tries: int) -> None:
    longest = min(0.05 * 2 ** min(tries, 10), LONGEST_PAUSE_SECONDS)
    time.sleep(longest * random.uniform(0.5, 1.0))  # noqa: S311 - spreading load is no secret
