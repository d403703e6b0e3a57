"""`python -m celeriac_api.openapi` writes openapi.json; with `--check` it compares the file only."""

import json
import sys
from pathlib import Path

from celeriac.contract.catalog import load_implementations
from celeriac.settings import Settings
from celeriac_api.app import CeleriacAPI, build_app

FILE = Path("openapi.json")


def derived() -> str:
    """The document of the starter tasks, as the file holds it."""
    return json.dumps(starter_app().openapi(), indent=2, ensure_ascii=False) + "\n"


def starter_app() -> CeleriacAPI:
    """The app of the starter tasks with all settings at their defaults, whatever the environment contains."""
    return build_app(Settings.read({}), load_implementations("tasks"))


def main(arguments: list[str]) -> int:
    """Write or check; 1 when the file is stale."""
    if "--check" not in arguments:
        FILE.write_text(derived(), encoding="utf-8")
        return 0
    if FILE.exists() and FILE.read_text(encoding="utf-8") == derived():
        return 0
    sys.stderr.write(f"{FILE} is stale: run `make openapi` and commit it.\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
