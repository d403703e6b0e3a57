"""The program that publishes while everything breaks, and prints the ids.

`python -m lab.twins.load SEED TASKS RATE FILE` runs with the plugged app; it ends when all is published.
"""

import json
import sys
import time
from random import Random
from typing import Any
from uuid import UUID, uuid5

from celery import chain, uuid
from kombu.exceptions import OperationalError

from lab.sample_app.tasks.witness import again, early, late, then

KINDS = ("early", "late", "late", "again", "chain", "scheduled")
PAUSE_SECONDS = 0.2


def main(seed: str, tasks: str, rate: str, file: str) -> None:
    """Publish so many tasks, and insist: the same id is published again until that has worked."""
    random = Random(f"{seed}/load")
    ids: dict[int, tuple[str, str]] = {}
    for number in range(int(tasks)):
        kind = random.choice(KINDS)
        seconds = random.uniform(0.5, 3) if random.random() < 0.05 else random.uniform(0, 0.02)
        ids[number] = kind, _insist(kind, number, {"file": file, "seconds": seconds})
        time.sleep(random.expovariate(float(rate)))
    sys.stdout.write(json.dumps(ids) + "\n")


def _insist(kind: str, number: int, options: dict[str, Any]) -> str:
    task_id = uuid()
    while True:
        try:
            return _publish(kind, number, options, task_id)
        except (OperationalError, OSError):
            time.sleep(PAUSE_SECONDS)


def _publish(kind: str, number: int, options: dict[str, Any], task_id: str) -> str:
    match kind:
        case "chain":
            first = again.si(number, **options).set(task_id=task_id)
            last = then.s(-number - 1, **options).set(task_id=str(uuid5(UUID(task_id), "then")))
            return str(chain(first, last).apply_async().id)
        case "scheduled":
            return str(late.apply_async(args=(number,), kwargs=options, task_id=task_id, countdown=1).id)
        case _:
            task = {"early": early, "late": late, "again": again}[kind]
            return str(task.apply_async(args=(number,), kwargs=options, task_id=task_id).id)


if __name__ == "__main__":
    main(*sys.argv[1:])
