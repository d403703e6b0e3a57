"""Decides by which names a task of an existing app can be submitted."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Literal

from celeriac.contract.declaration import NAME, OURS
from celeriac.values.reserved_names import RESERVED_NAMES

# Celery's own tasks.
CELERYS = "celery."
# A mapping from Celery's name to another, or to several; a function of Celery's name; or the last part of each, where it is unique.
Names = Mapping[str, str | Sequence[str]] | Callable[[str], str | Sequence[str] | None] | Literal["short"]
SHORT: Literal["short"] = "short"


def refusal_of(name: str) -> str | None:
    """Why a task of this name cannot be offered, as a sentence; None if it can."""
    if name.startswith(CELERYS):
        return f"Names that begin with {CELERYS!r} belong to Celery's own tasks: give the task another with name=...."
    return _misfit(name)


def aliases_of(
    tasks: Collection[str], names: Names | None
) -> tuple[dict[str, tuple[str, ...]], list[tuple[str, str]]]:
    """The other names of each of these tasks, and for each name that cannot be used, its task and a sentence.

    A name that two tasks would have is neither's.
    """
    chosen = {task: tuple(_chosen(task, tasks, names)) for task in tasks} if names else {}
    count = Counter(alias for aliases in chosen.values() for alias in set(aliases))
    refused = [
        (task, f"The name {alias!r} cannot stand for {task}: {reason}")
        for task, aliases in chosen.items()
        for alias in aliases
        if (reason := _refusal(alias, task, tasks, count))
    ]
    usable = {
        task: tuple(
            alias
            for alias in dict.fromkeys(aliases)
            if alias != task and not _refusal(alias, task, tasks, count)
        )
        for task, aliases in chosen.items()
    }
    return usable, refused


def _chosen(task: str, tasks: Collection[str], names: Names) -> Iterator[str]:
    if names == SHORT:
        last = task.rpartition(".")[2]
        if sum(name.rpartition(".")[2] == last for name in tasks) == 1 and _misfit(last) is None:
            yield last
        return
    if isinstance(names, str):
        raise TypeError(f"names={names!r} is not a rule: use a dict, a function, or {SHORT!r}.")
    chosen = names.get(task) if isinstance(names, Mapping) else names(task)
    if isinstance(chosen, str):
        yield chosen
    elif chosen:
        yield from chosen


def _refusal(alias: Any, task: str, tasks: Collection[str], count: Counter[str]) -> str | None:
    if not isinstance(alias, str):
        return f"it is a {type(alias).__name__}, not a text."
    if alias == task:
        return None
    if alias in tasks:
        return "another task has it."
    return "two tasks would have it." if count[alias] > 1 else _misfit(alias)


def _misfit(name: str) -> str | None:
    label = repr(name if len(name) <= 100 else name[:100] + "…")
    if not NAME.fullmatch(name):
        return (
            f"The name {label} cannot be part of a URL: use letters, digits, '.', '_' and '-', starting with a letter or digit, "
            "at most 100 characters."
        )
    if name in RESERVED_NAMES or name.startswith(OURS):
        return f"The name {label} is reserved for the API itself."
    return None
