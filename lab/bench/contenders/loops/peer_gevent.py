"""Celery's pool of greenlets; run by the peers' environment."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from lab.bench.contenders.loops import program
from lab.bench.contenders.loops.bodies import hold_in_thread, nap_in_thread, pick_up_in_thread
from lab.bench.contenders.stock import new_app

# What a greenlet waits with, it waits with a connection: redis-py's newer versions have 100 unless told more.
CONNECTIONS = 5000
app = new_app(
    task_acks_late=True,
    task_track_started=True,
    redis_max_connections=CONNECTIONS,
    broker_pool_limit=None,
)
for name, body in {"nap": nap_in_thread, "pick_up": pick_up_in_thread, "hold": hold_in_thread}.items():
    app.task(name=name)(body)


def work(concurrency: int) -> None:
    """By Celery's command."""
    command = [sys.executable, "-m", "celery", "-A", "lab.bench.contenders.loops.peer_gevent", "worker"]
    options = ["-P", "gevent", "-c", str(concurrency), "--without-gossip", "--without-mingle"]
    os.execv(sys.executable, [*command, *options, "--without-heartbeat", "--loglevel", "WARNING"])


@asynccontextmanager
async def submitting() -> AsyncIterator[program.Submit]:
    """Connected."""

    async def submit(name: str, task_input: dict[str, Any]) -> object:
        return await asyncio.to_thread(app.tasks[name].apply_async, kwargs=task_input, ignore_result=False)

    yield submit


if __name__ == "__main__":
    program.run(work, submitting)
