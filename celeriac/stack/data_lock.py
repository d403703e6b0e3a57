"""Locks a data directory, so that it serves one server at a time."""

import fcntl
from pathlib import Path
from typing import IO

from celeriac.stack.errors import CannotStart


def claim(directory: Path) -> IO[bytes]:
    """Make the directory where needed, and lock it; `CannotStart` when another holds it.

    The lock lasts until every process that holds this file open has closed it or ended. Hand it to the server:
    then a server that has outlived its supervisor still keeps others out.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        file = (directory / "lock").open("ab")
    except OSError as error:
        raise CannotStart(
            f"The data directory {directory} cannot be used: {error.strerror}. Choose another: celeriac up --data-dir …"
        ) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise CannotStart(
            f"The data directory {directory} is in use by another Valkey. Stop that one, or choose another: "
            "celeriac up --data-dir …"
        ) from error
    return file


def is_claimed(directory: Path) -> bool:
    """Whether a server or its supervisor holds this directory now."""
    try:
        file = (directory / "lock").open("rb")
    except OSError:
        return False
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False
