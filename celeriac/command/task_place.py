"""Finds the tasks that `celeriac up` runs: a file, folder or module."""

import re
from dataclasses import dataclass
from pathlib import Path

from celeriac.command.output.refusal import Refusal

NOTHING_HERE = (
    "This directory contains neither tasks.py nor tasks/. Name your tasks (celeriac up shop.tasks), or create a "
    "small project: celeriac new shop"
)


@dataclass(frozen=True)
class TaskPlace:
    """A module or package of tasks, and the directory from which Python imports it."""

    module: str
    root: Path


def find_place(name: str | None) -> TaskPlace:
    """The place of this name, or the `tasks` of this directory; `Refusal` where there is none."""
    if name is None:
        return _tasks_here()
    path = Path(name)
    if path.is_dir() or path.suffix == ".py":
        return _of_path(path)
    if not re.fullmatch(r"\w+(\.\w+)*", name):
        raise Refusal(
            f"{name} is neither a file, nor a folder, nor the name of a module, such as shop.tasks."
        )
    return TaskPlace(name, Path.cwd())


def _tasks_here() -> TaskPlace:
    for path in (Path("tasks.py"), Path("tasks")):
        if path.exists():
            return _of_path(path)
    raise Refusal(NOTHING_HERE)


def _of_path(path: Path) -> TaskPlace:
    """A file or folder; it belongs to the packages around it, those folders that have an `__init__.py`."""
    path = path.resolve()
    if not path.exists():
        raise Refusal(f"There is no file {path}.")
    names, root = [path.stem if path.is_file() else path.name], path.parent
    while (root / "__init__.py").exists():
        names.insert(0, root.name)
        root = root.parent
    wrong = [name for name in names if not name.isidentifier()]
    if wrong:
        raise Refusal(
            f"Python cannot import {path}: {wrong[0]!r} is not a name. Rename it, with letters, digits and _ alone."
        )
    return TaskPlace(".".join(names), root)
