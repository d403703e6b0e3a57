"""`celeriac up` runs Valkey, a worker and the API for this directory's tasks."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from celeriac.command.output.refusal import require_packages
from celeriac.command.task_place import find_place


def up(
    tasks: Annotated[
        str | None,
        typer.Argument(
            show_default=False,
            help="A file (tasks.py), a folder (shop/tasks) or a module (shop.tasks). Default: CELERIAC_TASKS, or else "
            "tasks.py or tasks/ here.",
        ),
    ] = None,
    *,
    host: Annotated[
        str | None,
        typer.Option(show_default=False, help="Address on which the API listens. Default: 127.0.0.1."),
    ] = None,
    port: Annotated[
        int | None, typer.Option(show_default=False, help="Port on which the API listens. Default: 8000.")
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option(show_default=False, help="Directory for the data. Default: .celeriac here.")
    ] = None,
    redis_url: Annotated[
        str | None,
        typer.Option(show_default=False, help="A running Redis. Default: celeriac starts a Valkey."),
    ] = None,
    reload: Annotated[
        bool, typer.Option("--reload", help="Restart the worker and the API when a file of tasks is saved.")
    ] = False,
) -> None:
    """Start Valkey, a worker and the API for your tasks, until Ctrl-C.

    You can also give every setting as a variable: CELERIAC_PORT=8010 celeriac up.
    """
    require_packages(
        "up", "all", "celery", "fastapi", "redis", "uvicorn", *(["watchfiles"] if reload else [])
    )
    _settle("HOST", host)
    _settle("PORT", port)
    _settle("DATA_DIR", data_dir)
    _settle("REDIS_URL", redis_url)
    _settle_tasks(tasks)
    if reload:
        # What runs is returned at once, and runs again with the new code.
        os.environ.setdefault("CELERIAC_SHUTDOWN_GRACE", "0.1")
        os.environ.setdefault("CELERIAC_API_GRACE", "1")
    from celeriac.stack.run import run  # slow to load, and of an extra

    raise typer.Exit(run(reload=reload))


def _settle(name: str, value: object) -> None:
    """An option goes before the variable of the same setting, here and in the services."""
    if value is not None:
        os.environ[f"CELERIAC_{name}"] = str(value)


def _settle_tasks(name: str | None) -> None:
    """Have them found by the services, wherever these tasks lie."""
    if name is None and os.environ.get("CELERIAC_TASKS"):
        root = Path.cwd()
    else:
        place = find_place(name)
        root = place.root
        _settle("TASKS", place.module)
    path = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(root), *([path] if path else [])])
    sys.path.insert(0, str(root))
