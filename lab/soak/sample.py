"""Measures what all parts use at one moment."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, cast

from redis import Redis

from celeriac.ledger.store import keys
from lab.bench.cpu import children, proportional_bytes, resident_bytes

OPEN = (keys.waiting("default"), keys.running(), keys.due(), keys.deadlines())


class Sample(NamedTuple):
    """Memory in MiB, and numbers of things."""

    api_memory: float
    worker_memory: float
    redis_memory: float
    redis_keys: int
    redis_connections: int
    api_files: int
    worker_files: int


def sample(api: int, worker: int, redis: Redis) -> Sample:
    """Of the processes with these ids; the worker with those of its pool."""
    workers = [worker, *children(worker)]
    return Sample(
        api_memory=_mebibytes(resident_bytes(api)),
        worker_memory=_mebibytes(_sum(proportional_bytes, workers)),
        redis_memory=_mebibytes(cast("dict[str, int]", redis.info("memory"))["used_memory"]),
        redis_keys=redis.dbsize(),
        redis_connections=len(redis.client_list()),
        api_files=_files(api),
        worker_files=_sum(_files, workers),
    )


def open_tasks(redis: Redis) -> int:
    """How many tasks have not come to an end."""
    return sum(int(redis.zcard(key)) for key in OPEN)


def _sum(use: Callable[[int], int], processes: list[int]) -> int:
    """Of all; one that ends meanwhile uses nothing any more."""
    total = 0
    for process in processes:
        with suppress(FileNotFoundError, ProcessLookupError):
            total += use(process)
    return total


def _mebibytes(size: float) -> float:
    return size / 1024 / 1024


def _files(process: int) -> int:
    return sum(1 for _ in Path(f"/proc/{process}/fd").iterdir())
