"""A small Celery app as a team has it, with our line at its end.

SHOP_PLUGGED=0 leaves our line out.

SHOP_BROKER and SHOP_RESULTS are its Redis servers, SHOP_OPTIONS further settings of Celery, in JSON.
"""

import json
import os
import time
from pathlib import Path
from typing import Any

from celery import Celery
from celery.exceptions import Ignore, Reject

import celeriac

BROKER = os.environ.get("SHOP_BROKER", "redis://127.0.0.1:1/0")

app = Celery("shop", broker=BROKER, backend=os.environ.get("SHOP_RESULTS", BROKER))
app.conf.update(
    {
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "broker_connection_retry_on_startup": True,
        **json.loads(os.environ.get("SHOP_OPTIONS", "{}")),
    }
)


def note(file: str, line: object) -> int:
    """Add a line to a file; returns how many there are now."""
    with Path(file).open("a") as lines:
        lines.write(f"{line}\n")
    return len(Path(file).read_text().split())


@app.task
def add(x: int, y: int) -> int:
    """The sum."""
    return x + y


@app.task
def append(file: str, line: str) -> None:
    """Add a line to a file."""
    note(file, line)


@app.task
def hold(started: str, gate: str) -> str:
    """Run until there is a file."""
    note(started, os.getpid())
    while not Path(gate).exists():
        time.sleep(0.02)
    return "held"


@app.task(acks_late=False)
def hold_early(started: str, gate: str) -> str:
    """The same, acknowledged when it begins."""
    return str(hold(started, gate))


@app.task
def compute(started: str, seconds: float) -> str:
    """Keep the processor, and all greenlets, from everything else."""
    note(started, os.getpid())
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass
    return "computed"


@app.task
def fail(words: str) -> None:
    """Fail with these words."""
    raise ValueError(words)


@app.task(bind=True, max_retries=1000)
def again(self: Any, file: str, times: int) -> int:
    """Try again at once, so many times."""
    note(file, self.request.retries)
    if self.request.retries < times:
        raise self.retry(countdown=0)
    return int(self.request.retries)


@app.task(ignore_result=True)
def forget(x: int) -> int:
    """Its result is of no interest."""
    if x < 0:
        raise ValueError(x)
    return x


@app.task
def ignore() -> None:
    """End as if the task had looked after its state itself."""
    raise Ignore


@app.task(bind=True)
def decide(self: Any) -> None:
    """Store its own end."""
    self.update_state(
        state="FAILURE", meta={"exc_type": "ValueError", "exc_message": ["no"], "exc_module": "builtins"}
    )
    raise Ignore


@app.task
def reject(file: str) -> str:
    """Ask for its message again, once."""
    if note(file, "ran") < 2:
        raise Reject("not now", requeue=True)
    return "then"


@app.task
def refuse() -> None:
    """Have its message dropped."""
    raise Reject("never", requeue=False)


@app.task(bind=True)
def replace(self: Any, x: int) -> Any:
    """Have another task answer."""
    raise self.replace(add.s(x, 1))


@app.task(time_limit=1)
def overrun() -> None:
    """Run longer than allowed."""
    time.sleep(60)


@app.task(rate_limit="10/s")
def slowly(file: str) -> None:
    """Not more than ten a second."""
    note(file, "ran")


@app.task
def die(file: str) -> str:
    """Kill its own process, the first time."""
    if note(file, "ran") < 2:
        os.kill(os.getpid(), 9)
    return "survived"


@app.task(acks_late=False)
def die_early(file: str) -> None:
    """Kill its own process, each time."""
    note(file, "ran")
    os.kill(os.getpid(), 9)


if os.environ.get("SHOP_PLUGGED", "1") == "1":
    celeriac.install(app)
