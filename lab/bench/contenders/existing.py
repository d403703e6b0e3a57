"""Two Celery apps that are alike but for one line.

`python -m lab.bench.contenders.existing NAME COUNT` publishes so many additions for one of them, and prints seconds and CPU
seconds for each.
"""

import json
import sys
import time

from celery import Celery

import celeriac
from lab.bench.contenders.stock import new_app

WARM_UP = 50


def _with_the_line() -> Celery:
    app = new_app(task_acks_late=True, task_track_started=True)
    celeriac.install(app)
    return app


stock = new_app(task_acks_late=True, task_track_started=True)
plugged = _with_the_line()


def publish(name: str, count: int) -> tuple[float, float]:
    """Seconds and CPU seconds that a publish takes, one after another."""
    task = {"stock": stock, "plugged": plugged}[name].tasks["add"]
    for number in range(WARM_UP):
        task.apply_async((number, 5))
    began, cpu = time.perf_counter(), time.process_time()
    for number in range(count - WARM_UP):
        task.apply_async((number, 5))
    return (time.perf_counter() - began) / (count - WARM_UP), (time.process_time() - cpu) / (count - WARM_UP)


if __name__ == "__main__":
    print(json.dumps(publish(sys.argv[1], int(sys.argv[2]))))
