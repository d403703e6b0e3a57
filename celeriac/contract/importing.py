"""Imports a task module; a failure becomes a sentence with file, line and reason."""

import importlib
import sysconfig
import traceback
from pathlib import Path
from types import ModuleType

from celeriac.contract.signature import ContractError

LONGEST_REASON = 1_000
# Where the mistake is not: Python, what is installed, and what `@task` is made of.
_OTHERS = (
    "<frozen ",
    *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
    str(Path(__file__).parent),
)


def import_tasks(name: str) -> ModuleType:
    """The module of this name. `ContractError` says in one sentence why it cannot be loaded."""
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        raise ContractError(f"The tasks in {name} cannot be loaded: {failure_of(error)}.") from error


def failure_of(error: BaseException, *, loader: str = "") -> str:
    """What was raised while a module was loaded, and where, as the end of a sentence. Not in the file `loader`."""
    return f"{_reason(error)}{_place(error, loader or __file__)}"


def _reason(error: BaseException) -> str:
    """What was raised, on one line; the name of an error that speaks for itself is left out."""
    text = " ".join((error.msg if isinstance(error, SyntaxError) else str(error)).split()).rstrip(".")
    text = text if len(text) <= LONGEST_REASON else text[:LONGEST_REASON] + "…"
    if isinstance(error, ModuleNotFoundError | ContractError):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _place(error: BaseException, loader: str) -> str:
    """The file and line of the mistake; nothing where no file was read."""
    if isinstance(error, SyntaxError) and error.filename:
        return f" ({error.filename}, line {error.lineno})"
    frames = traceback.extract_tb(error.__traceback__)
    for frame in reversed(frames):
        if not frame.filename.startswith((*_OTHERS, loader)):
            return f" ({frame.filename}, line {frame.lineno})"
    return ""
