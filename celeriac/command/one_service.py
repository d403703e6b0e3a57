"""`celeriac api` and `celeriac worker`: this process becomes one service."""

import os
import sys

import typer

from celeriac.command.output.refusal import require_packages

# Options that typer does not know belong to the program that it starts; `--help` is ours.
PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}


def api(context: typer.Context) -> None:
    """Serve the API of the tasks in CELERIAC_TASKS.

    Host, port, processes and graces are settings: CELERIAC_PORT=8010 celeriac api.
    Further options are passed on to uvicorn, as in: celeriac api --root-path /jobs.
    """
    require_packages("api", "api", "fastapi", "redis", "uvicorn")
    _become("celeriac_api", context.args)


def worker(context: typer.Context) -> None:
    """Run the tasks in CELERIAC_TASKS, as one Celery worker.

    Concurrency and graces are settings: CELERIAC_CONCURRENCY=4 celeriac worker.
    Further options are passed on to Celery, as in: celeriac worker -Q images.
    """
    require_packages("worker", "worker", "celery", "redis")
    _become("celeriac_worker", context.args)


def _become(package: str, options: list[str]) -> None:
    os.execv(sys.executable, [sys.executable, "-m", package, *options])
