"""Where the packages of a checkout lie: of ours, and of its revisions."""

import io
import os
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]


def python_path(root: Path = ROOT) -> str:
    """The value of PYTHONPATH with which the packages of a checkout are found, and its starter tasks as `tasks`."""
    return os.pathsep.join(str(root / place) for place in (".", "api", "worker"))


class NoSuchRevision(Exception):
    """A revision that cannot be checked out, or whose packages lie elsewhere."""


@contextmanager
def checkout_of(revision: str, *, repository: Path = ROOT) -> Iterator[Path]:
    """The root of a copy of this revision's files, which is removed afterwards."""
    packed = subprocess.run(["git", "archive", revision], cwd=repository, capture_output=True, check=False)  # noqa: S607 - the user's git
    if packed.returncode:
        raise NoSuchRevision(packed.stderr.decode(errors="replace").strip())
    with TemporaryDirectory(prefix="celeriac-revision-") as directory:
        root = Path(directory)
        with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as files:
            files.extractall(root, filter="data")
        if not (root / "api" / "celeriac_api").is_dir():
            raise NoSuchRevision(f"{revision} has no api/celeriac_api: name a later revision.")
        yield root
