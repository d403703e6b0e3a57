"""The checkout that we run from: its root, and where Python finds its packages."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]


def python_path(root: Path = ROOT) -> str:
    """The value of PYTHONPATH with which the packages of a checkout are found, and its starter tasks as `tasks`."""
    return os.pathsep.join(str(root / place) for place in (".", "api", "worker"))
