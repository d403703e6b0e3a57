"""Ways to make a Redis refuse: full disk, lost replica, rotated password."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

from redis import Redis
from redis.exceptions import RedisError

from lab.harness.waiting import wait_until


class Way(NamedTuple):
    """How to begin and to end it, and words of the reason that is given meanwhile."""

    begin: Callable[[Redis], object]
    end: Callable[[Redis], object]
    words: str


def _lose_the_disk(redis: Redis) -> None:
    """A snapshot cannot be written where a directory has its name."""
    _snapshot(redis).unlink(missing_ok=True)
    _snapshot(redis).mkdir()
    redis.config_set("save", "3600 1000000")
    redis.bgsave()
    wait_until(lambda: redis.info("persistence")["rdb_last_bgsave_status"] == "err")


def _find_the_disk(redis: Redis) -> None:
    _snapshot(redis).rmdir()
    redis.bgsave()
    wait_until(lambda: redis.info("persistence")["rdb_last_bgsave_status"] == "ok")


def _snapshot(redis: Redis) -> Path:
    settings: Any = redis.config_get("d*")
    return Path(settings["dir"], settings["dbfilename"])


def _change_the_password(redis: Redis) -> None:
    redis.config_set("requirepass", "another")
    redis.client_kill_filter(_type="normal", skipme=True)


def _be_busy(redis: Redis) -> None:
    redis.config_set("lua-time-limit", 10)
    kwargs = redis.connection_pool.connection_kwargs
    Thread(target=_loop, args=(kwargs["port"],), daemon=True).start()
    wait_until(lambda: _is_busy(redis))


def _loop(port: int) -> None:
    with Redis(port=port) as redis, suppress(RedisError):  # it is killed in the end
        redis.eval("while true do end", 0)


def _is_busy(redis: Redis) -> bool:
    try:
        redis.ping()
    except RedisError as error:
        return str(error).startswith("BUSY")
    return False


def _be_idle(redis: Redis) -> None:
    redis.script_kill()
    wait_until(lambda: not _is_busy(redis))


WAYS = {
    "full": Way(
        lambda redis: redis.config_set("maxmemory", 1),
        lambda redis: redis.config_set("maxmemory", 0),
        "Redis is full",
    ),
    "disk": Way(_lose_the_disk, _find_the_disk, "Redis cannot write to its disk"),
    "too few replicas": Way(
        lambda redis: redis.config_set("min-replicas-to-write", 1),
        lambda redis: redis.config_set("min-replicas-to-write", 0),
        "Redis has fewer replicas than its min-replicas-to-write requires",
    ),
    "replica": Way(
        lambda redis: redis.replicaof("127.0.0.1", 1),
        lambda redis: redis.replicaof("NO", "ONE"),
        "Redis is a replica, which accepts no writes",
    ),
    "password": Way(
        _change_the_password,
        lambda redis: redis.config_set("requirepass", ""),
        "Redis does not accept the password",
    ),
    "busy": Way(_be_busy, _be_idle, "Redis is busy with a script"),
}


@contextmanager
def refusing(redis: Redis, way: Way) -> Iterator[None]:
    """It refuses meanwhile."""
    way.begin(redis)
    try:
        yield
    finally:
        way.end(redis)
