"""`celeriac new`: write a small project that runs at once."""

from pathlib import Path
from typing import Annotated

import typer

from celeriac.command.output.refusal import Refusal
from celeriac.version import VERSION

# Each file is written without this ending, which keeps linters and tests of ours away from it.
ENDING = ".txt"
TEMPLATES = Path(__file__).parent


def new(
    folder: Annotated[
        Path, typer.Argument(show_default=False, help="Where to write the project; created if missing.")
    ],
) -> None:
    """Write a small project: a task, its test, and files for containers."""
    files = {file.name.removesuffix(ENDING): file for file in sorted(TEMPLATES.glob(f"*{ENDING}"))}
    existing = [name for name in files if (folder / name).exists()]
    if existing:
        raise Refusal(
            f"{folder} already has {', '.join(existing)}. Choose another folder, or move these files away."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, file in files.items():
            (folder / name).write_text(file.read_text().replace("VERSION", VERSION))
    except OSError as error:
        raise Refusal(f"{folder} cannot be written: {error.strerror}.") from error
    typer.echo(f"Wrote {', '.join(files)} to {folder}. Next:\n\n  cd {folder}\n  celeriac up --reload\n")
