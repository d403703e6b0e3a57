"""The disasters of Valkey: kills, stalls, refusals, clock changes and failovers."""

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from random import Random
from threading import Event

from redis import Redis
from redis.exceptions import RedisError

from lab.chaos.plan import LEASE
from lab.chaos.stage import Stage, Store
from lab.harness.processes import descendants
from lab.harness.waiting import wait_until

# How long it lasts, in seconds, and what ends it.
Disaster = tuple[float, Callable[[], None]]

HOUR = timedelta(hours=1)
# So that each key of a save takes its time, and the process that saves can be killed.
SAVE_DELAY_MICROSECONDS = 1_000_000


def kill_valkey(stage: Stage, random: Random) -> Disaster:
    """It comes back with what it had written."""
    store = random.choice(stage.stores)
    if store.valkey.process.poll() is None:
        store.valkey.kill()
    return random.uniform(0, 1.5), store.restart


def reset_all(stage: Stage, random: Random) -> Disaster:
    """Every connection, by the server; in a time that is drawn, as all others are."""
    Event().wait(random.uniform(0, 0.1))
    url = random.choice(stage.stores).valkey.url
    with suppress(RedisError), Redis.from_url(url, socket_timeout=2) as client:
        client.execute_command("CLIENT", "KILL", "TYPE", "normal")
    return 0, nothing


def pause_valkey(stage: Stage, random: Random) -> Disaster:
    """Everybody waits, for less than a lease."""
    return _stopped(random.choice(stage.stores), random.uniform(0.2, 2))


def stall_valkey(stage: Stage, random: Random) -> Disaster:
    """Everybody waits, for longer than every lease."""
    return _stopped(random.choice(stage.stores), _longer_than_a_lease(random))


def set_clock(stage: Stage, random: Random) -> Disaster:
    """Forward or back, to at most an hour from the machine's."""
    if stage.clock is None:
        return 0, nothing
    stage.clock.step(HOUR * random.uniform(-1, 1) - stage.clock.shift)
    return _longer_than_a_lease(random), nothing


def refuse_for_its_disk(stage: Stage, random: Random) -> Disaster:
    """MISCONF: a save was asked for and failed, as when the disk is full."""
    store = random.choice(stage.stores)
    with Redis.from_url(store.valkey.url, decode_responses=True) as client:
        client.config_set("save", "3600 1")
        client.config_set("rdb-key-save-delay", SAVE_DELAY_MICROSECONDS)
        client.bgsave()
        for child in wait_until(lambda: descendants(store.valkey.pid)):
            os.kill(child.pid, signal.SIGKILL)
        wait_until(lambda: client.info("persistence")["rdb_last_bgsave_status"] == "err")
        client.config_set("rdb-key-save-delay", 0)
    return _longer_than_a_lease(random), lambda: _configure(store, "save", "")


def refuse_for_its_replicas(stage: Stage, random: Random) -> Disaster:
    """NOREPLICAS: it has fewer of them than it is told to have."""
    store = random.choice(stage.stores)
    _configure(store, "min-replicas-to-write", "2")
    return _longer_than_a_lease(random), lambda: _configure(store, "min-replicas-to-write", "0")


def fail_over(stage: Stage, random: Random) -> Disaster:
    """Hand over to a new server, all that was written included; who is connected stays so, to what is a replica then."""
    store = random.choice(stage.stores)
    old, new = store.valkey, stage.another_valkey()
    with Redis.from_url(old.url) as primary, Redis.from_url(new.url) as replica:
        replica.replicaof("127.0.0.1", str(old.port))
        wait_until(lambda: replica.info("replication")["master_link_status"] == "up")
        primary.execute_command("FAILOVER")
        wait_until(lambda: replica.role()[0] == b"master")
    store.hand_over_to(new)
    return _longer_than_a_lease(random), nothing


def nothing() -> None:
    """There is nothing to mend."""


def _stopped(store: Store, seconds: float) -> Disaster:
    valkey = store.valkey.process
    valkey.send_signal(signal.SIGSTOP)
    return seconds, lambda: valkey.send_signal(signal.SIGCONT)


def _configure(store: Store, name: str, value: str) -> None:
    with Redis.from_url(store.valkey.url) as client:
        client.config_set(name, value)


def _longer_than_a_lease(random: Random) -> float:
    return LEASE.total_seconds() + random.uniform(0.5, 3)
