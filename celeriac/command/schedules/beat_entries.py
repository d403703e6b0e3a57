"""Reads the `beat_schedule` of a Celery app, and binds its entries to definitions."""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from celeriac.command.output.refusal import Failure
from celeriac.command.schedules.beat_times import NotOffered, rules_of

LONGEST_NAME = 100
# Options of an entry that change nothing here.
IGNORED = {"exchange", "routing_key", "retry", "retry_policy", "serializer", "compression", "ignore_result"}


@dataclass(frozen=True)
class Taken:
    """An entry as it is put: the name of its schedule, and the body; or why it cannot be put."""

    entry: str
    name: str
    submit: Mapping[str, Any]
    rules: Mapping[str, Any]
    reason: str = ""


def entries_of(app_name: str) -> dict[str, Mapping[str, Any]]:
    """The entries of the app at this place (`proj.celery:app`), by name; what it prints goes to standard error."""
    sys.path.insert(0, str(Path.cwd()))
    from celery.app.utils import find_app

    try:
        with redirect_stdout(sys.stderr):
            app = find_app(app_name)
            app.loader.import_default_modules()
            app.finalize()
            return dict(app.conf.beat_schedule)
    except Exception as wrong:  # whatever the modules of the app do
        raise Failure(
            f"The Celery app {app_name} cannot be loaded.",
            why=f"{type(wrong).__name__}: {wrong}",
            advice="celeriac schedule import proj.celery:app, where Python finds the app and all that it imports",
        ) from wrong


def taken_over(
    entries: Mapping[str, Mapping[str, Any]],
    parameters: Mapping[str, Sequence[str]],
    renamed: Mapping[str, str],
) -> list[Taken]:
    """What becomes of each entry. `parameters` has those of each definition; `renamed`, definitions by the names of Celery's tasks."""
    names: set[str] = set()
    all_taken = []
    for entry, content in entries.items():
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", entry).strip("-._")[:LONGEST_NAME] or "schedule"
        submit: dict[str, Any] = {}
        rules: dict[str, Any] = {}
        reason = f"Another entry becomes the schedule {name!r}, too." if name in names else ""
        try:
            submit, rules = _submit(content, parameters, renamed), rules_of(content["schedule"])
        except NotOffered as refusal:
            reason = str(refusal)
        names.add(name)
        all_taken.append(Taken(entry, name, submit, rules, reason))
    return all_taken


def _submit(
    content: Mapping[str, Any], parameters: Mapping[str, Sequence[str]], renamed: Mapping[str, str]
) -> dict[str, Any]:
    task = _definition(content["task"], parameters, renamed)
    options = _options(content.get("options") or {})
    return {
        "name": task,
        "input": _input(task, content.get("args") or (), content.get("kwargs") or {}, parameters[task]),
        **options,
    }


def _definition(task: str, parameters: Mapping[str, Sequence[str]], renamed: Mapping[str, str]) -> str:
    """The definition with the name of Celery's task, or with the last part of it."""
    for name in (renamed.get(task), task, task.rpartition(".")[2]):
        if name in parameters:
            return str(name)
    raise NotOffered(f"The server has no definition for the task {task}; --rename {task}=NAME names one.")


def _input(task: str, args: Sequence[Any], kwargs: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    if len(args) > len(names):
        raise NotOffered(f"It has {len(args)} args, and {task} has {len(names)} parameters.")
    bound = dict(zip(names, args, strict=False))
    if twice := sorted(bound.keys() & kwargs.keys()):
        raise NotOffered(f"The parameter {twice[0]!r} is in its args and in its kwargs.")
    try:
        whole: dict[str, Any] = json.loads(json.dumps({**bound, **kwargs}, allow_nan=False))
    except (TypeError, ValueError) as wrong:
        raise NotOffered(f"Its input has no form in JSON: {wrong}.") from wrong
    return whole


def _options(options: Mapping[str, Any]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in options.items():
        match name:
            case "queue":
                members["queue"] = getattr(value, "name", value)
            case "expires" | "countdown" if isinstance(value, int | float):
                members["expires" if name == "expires" else "delay"] = value
            case _ if name in IGNORED or value is None:
                pass
            case _:
                raise NotOffered(f"Its option {name}={value!r} cannot be taken over.")
    return members
