"""Chooses the directory of temporary files; shared memory in a read-only container.

The pool cannot start without such a directory: billiard maps a file of it into all of its processes.

To report to billiard: an anonymous mapping needs no file.
"""

import os
import tempfile
from pathlib import Path

from celeriac.settings import SettingsError

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - the files in it are made by tempfile


def settle_temporary_directory() -> None:
    """Called once, before the pool starts; `SettingsError` if there is no such directory."""
    try:
        tempfile.gettempdir()
    except FileNotFoundError as none:
        if not os.access(SHARED_MEMORY, os.W_OK):
            raise SettingsError(
                "No directory for temporary files is writable. Give the container a /tmp, or name a writable directory in TMPDIR."
            ) from none
        tempfile.tempdir = os.environ["TMPDIR"] = str(SHARED_MEMORY)
