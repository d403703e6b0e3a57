"""A task that emits words at a given rate: `CELERIAC_TASKS=lab.bench.contenders.talk`."""

import time

from celeriac import context, task

STEP_SECONDS = 0.01


@task
def talk(words: int, per_second: int) -> int:
    """Give out each word's number and the time at which it was said, in seconds since 1970."""
    begin = time.monotonic()
    count = 0
    while count < words:
        for number in range(count, min(words, round((time.monotonic() - begin) * per_second))):
            context.emit(f"{number} {time.time()}")
            count = number + 1
        time.sleep(STEP_SECONDS)
    return count
