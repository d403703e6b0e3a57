"""Makes the definition of a Celery task."""

import inspect
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from celery.app.task import Task

from celeriac.contract.definition import Definition, Retry
from celeriac_worker.existing_app.definitions.names import refusal_of
from celeriac_worker.existing_app.definitions.schemas import input_schema, is_checked_by_worker, output_schema
from celeriac_worker.existing_app.definitions.sending import Sending
from celeriac_worker.existing_app.definitions.signature import signature_of

LONGEST_DESCRIPTION = 8_000
LONGEST_SUMMARY = 200
NO_RUN = "The task has no method 'run', so nothing can be run."


def definition_of(
    app: Any, task: Any, sending: Sending, *, app_name: str, aliases: Sequence[str] = ()
) -> Definition:
    """The definition of a task of this app, which is sent in this way. One that cannot be offered has a `refusal`."""
    refusal = refusal_of(task.name)
    try:
        refusal = refusal or _refusal_of_run(task)
        return _described(app, task, sending, app_name, aliases, refusal)
    except Exception as wrong:  # noqa: BLE001 - code of the app takes part: its task must not stop the others
        reason = " ".join(f"{type(wrong).__name__}: {wrong}".split())[:LONGEST_SUMMARY]
        return _bare(task, app_name, refusal or f"The task cannot be described: {reason}.")


def _described(
    app: Any, task: Any, sending: Sending, app_name: str, aliases: Sequence[str], refusal: str | None
) -> Definition:
    signature, place, text = signature_of(task), sending.place, _description(task)
    return Definition(
        name=task.name,
        celery_name=task.name,
        module=str(task.__module__),
        queue=place.queue,
        soft_time_limit=_seconds(task.soft_time_limit or app.conf.task_soft_time_limit),
        time_limit=_seconds(task.time_limit or app.conf.task_time_limit),
        retry=_retry(task),
        summary=_cut(text.partition("\n")[0], LONGEST_SUMMARY) or task.name,
        description=text,
        input_schema=input_schema(signature, title=_title(task.name)),
        output_schema=output_schema(signature),
        hidden=(),
        examples=(),
        app=app_name,
        template=None if refusal else sending.template,
        list=place.list,
        aliases=tuple(aliases),
        ignore_result=bool(task.ignore_result),
        rate_limit=_rate(task.rate_limit),
        celery_priority=place.priority,
        checked_by_worker=is_checked_by_worker(signature),
        refusal=refusal,
    )


def _bare(task: Any, app_name: str, refusal: str) -> Definition:
    """What can be said of a task of which nothing can be read."""
    return Definition(
        name=task.name, celery_name=task.name, module=str(task.__module__), queue=None, soft_time_limit=None, time_limit=None,
        retry=None, summary=task.name, description="", input_schema={"type": "object"}, output_schema={}, hidden=(), examples=(),
        app=app_name, refusal=refusal,
    )  # fmt: skip


def _refusal_of_run(task: Any) -> str | None:
    run = getattr(type(task), "run", None)
    return NO_RUN if run is Task.run or not callable(getattr(task, "run", None)) else None


def _description(task: Any) -> str:
    """The docstring of the function, or of the task's own class."""
    own = vars(type(task)).get("__doc__")
    run = inspect.unwrap(getattr(task.run, "__func__", task.run))
    text = own if isinstance(own, str) and own else getattr(run, "__doc__", None)
    return _cut(inspect.cleandoc(text), LONGEST_DESCRIPTION) if isinstance(text, str) else ""


def _retry(task: Any) -> Retry | None:
    """What Celery repeats by itself; None also where it never gives up, or only the task's code decides."""
    on, attempts = getattr(task, "autoretry_for", ()), task.max_retries
    if not on or attempts is None:
        return None
    options = getattr(task, "retry_kwargs", None) or {}
    attempts = options.get("max_retries", attempts)
    backoff = float(getattr(task, "retry_backoff", False))
    delay = backoff or options.get("countdown", task.default_retry_delay) or 0
    most = float(getattr(task, "retry_backoff_max", 600)) if backoff else delay
    names = [f"{kind.__module__}.{kind.__qualname__}" for kind in on]
    return Retry(
        on=tuple(names if isinstance(on, list | tuple) else sorted(names)),
        attempts=attempts + 1,
        backoff=timedelta(seconds=delay),
        max_backoff=timedelta(seconds=most),
    )


def _rate(rate_limit: Any) -> str | None:
    """As Celery writes it; a number counts by the second."""
    if rate_limit is None or rate_limit == 0:
        return None
    return rate_limit if isinstance(rate_limit, str) else f"{rate_limit:g}/s"


def _seconds(limit: Any) -> timedelta | None:
    return None if limit is None else timedelta(seconds=float(limit))


def _title(name: str) -> str:
    """As for tasks of `@task`."""
    words = "".join(
        letter if letter.isalnum() else " " for letter in name.rpartition(".")[2].replace("_", " ")
    )
    return "".join(word[:1].upper() + word[1:] for word in words.split()) + "Input"


def _cut(text: str, most: int) -> str:
    whole = text.encode(errors="replace").decode()  # without lone surrogates, which are no JSON
    return whole if len(whole) <= most else whole[: most - 1] + "…"
