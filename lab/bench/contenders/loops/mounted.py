"""Submits to Celeriac without HTTP: `… mounted pace RATE COUNT`."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

import celeriac
from lab.bench.contenders.loops import program


def work(concurrency: int) -> None:
    """Celery's command does that."""
    sys.exit(f"start a worker of Celeriac instead, with {concurrency}")


@asynccontextmanager
async def submitting() -> AsyncIterator[program.Submit]:
    """Connected."""
    app = FastAPI()
    jobs = celeriac.mount(app, "/jobs")

    async def submit(name: str, task_input: dict[str, Any]) -> object:
        return await jobs.submit(name, task_input)

    async with app.router.lifespan_context(app):
        yield submit


if __name__ == "__main__":
    program.run(work, submitting)
