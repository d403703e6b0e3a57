"""What is done to Valkey: it is killed, stalls, and has its clock set."""

import signal
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from random import Random
from threading import Event

from redis import Redis
from redis.exceptions import RedisError

from chaos.plan import LEASE
from chaos.stage import Stage

# How long it lasts, in seconds, and what ends it.
Disaster = tuple[float, Callable[[], None]]

HOUR = timedelta(hours=1)


def kill_valkey(stage: Stage, random: Random) -> Disaster:
    """It comes back with what it had written."""
    if stage.valkey.process.poll() is None:
        stage.valkey.kill()
    return random.uniform(0, 1.5), stage.restart_valkey


def reset_all(stage: Stage, random: Random) -> Disaster:
    """Every connection, by the server; in a time that is drawn, as all others are."""
    Event().wait(random.uniform(0, 0.1))
    with suppress(RedisError), Redis.from_url(stage.valkey.url, socket_timeout=2) as client:
        client.execute_command("CLIENT", "KILL", "TYPE", "normal")
    return 0, nothing


def pause_valkey(stage: Stage, random: Random) -> Disaster:
    """Everybody waits, for less than a lease."""
    return _stopped(stage, random.uniform(0.2, 2))


def stall_valkey(stage: Stage, random: Random) -> Disaster:
    """Everybody waits, for longer than every lease."""
    return _stopped(stage, _longer_than_a_lease(random))


def set_clock(stage: Stage, random: Random) -> Disaster:
    """Forward or back, to at most an hour from the machine's."""
    if stage.clock is None:
        return 0, nothing
    stage.clock.step(HOUR * random.uniform(-1, 1) - stage.clock.shift)
    return _longer_than_a_lease(random), nothing


def nothing() -> None:
    """There is nothing to mend."""


def _stopped(stage: Stage, seconds: float) -> Disaster:
    valkey = stage.valkey.process
    valkey.send_signal(signal.SIGSTOP)
    return seconds, lambda: valkey.send_signal(signal.SIGCONT)


def _longer_than_a_lease(random: Random) -> float:
    return LEASE.total_seconds() + random.uniform(0.5, 3)
