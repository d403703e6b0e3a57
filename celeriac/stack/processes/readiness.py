"""Waits until a process that was just started is ready."""

import time
from collections.abc import Callable
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from celeriac.stack.errors import CannotStart
from celeriac.stack.processes.process import Process, ending
from celeriac.values.addresses.redis_address import pool

POLL_SECONDS = 0.05
ANSWER_SECONDS = 2.0
READY_TIMEOUT = timedelta(seconds=60)


def wait_until(
    is_ready: Callable[[], bool], *, name: str, process: Process, timeout: timedelta = READY_TIMEOUT
) -> None:
    """Return when `is_ready()`; `CannotStart` when the process has ended or the time is over."""
    deadline = time.monotonic() + timeout.total_seconds()
    while not is_ready():
        if process.poll() is not None:
            raise CannotStart(f"{name} ended {ending(process)} before it was ready.")
        if time.monotonic() > deadline:
            raise CannotStart(f"{name} was not ready within {timeout.total_seconds():.0f} s.")
        time.sleep(POLL_SECONDS)


def redis_refusal(url: str) -> str | None:
    """Why the Redis at this URL cannot be used now; None when it answers."""
    patience: dict[str, Any] = {"socket_connect_timeout": ANSWER_SECONDS, "socket_timeout": ANSWER_SECONDS}
    try:
        with Redis(connection_pool=pool(url, retry=Retry(NoBackoff(), 0), **patience)) as client:
            client.ping()
    except RedisError as error:
        return str(error)
    return None


def answers_over_http(host: str, port: int, path: str) -> bool:
    """Whether a GET there is answered with 200."""
    connection = HTTPConnection(host, port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
