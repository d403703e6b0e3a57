"""`python -m lab.bench.contenders.many.canvas SHAPE SIZE` runs one canvas of Celery and prints its times."""

import json
import os
import sys
import time
from typing import Any

from celery import chain, chord, group
from celery.result import AsyncResult, GroupResult
from redis import Redis

from lab.bench.contenders.many.ends import last_result
from lab.bench.contenders.many.shapes import ADDED, CHAIN, GROUP, expected
from lab.bench.contenders.stock import REDIS_URL, new_app


def total(numbers: list[int]) -> int:
    """Add them."""
    return sum(numbers)


app = new_app()
app.task(name="total")(total)


def canvas(shape: str, size: int) -> Any:
    """What is submitted."""
    add = app.tasks["add"]
    if shape == CHAIN:
        return chain(add.s(0, ADDED), *(add.s(ADDED) for _ in range(size - 1)))
    additions = [add.s(number, ADDED) for number in range(size)]
    return group(additions) if shape == GROUP else chord(additions, app.tasks["total"].s())


def ids(result: AsyncResult | GroupResult) -> list[str]:
    """Those whose end is the end of all."""
    return [str(each.id) for each in result.results] if isinstance(result, GroupResult) else [str(result.id)]


def main(shape: str, size: int) -> None:
    """Print how long submitting took, and all of it, in seconds."""
    work = canvas(shape, size)
    with app.producer_or_acquire() as producer:
        producer.connection.ensure_connection()
    began = time.perf_counter()
    submitted = work.apply_async()
    accepted = time.perf_counter()
    with Redis.from_url(REDIS_URL) as redis:
        result = last_result(redis, ids(submitted))
    ended = time.perf_counter()
    if result != expected(shape, size):
        raise RuntimeError(f"{shape} of {size} came to {result}")
    print(json.dumps([accepted - began, ended - began]))
    sys.stdout.flush()
    os._exit(0)  # Celery's results write to Redis when they are deleted, and to the log when that is too late


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
