"""Has an existing Celery app described by a process that loads its code."""

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from celeriac.command.output.refusal import Failure, Refusal, require_packages

PROGRAM = "celeriac_worker.existing_app.describe"
AppName = Annotated[
    str | None,
    typer.Argument(
        metavar="[APP]",
        show_default=False,
        help="A Celery app, as celery -A takes it: proj.celery:app. It is loaded in the current directory.",
    ),
]
ShortNames = Annotated[
    str | None,
    typer.Option(
        "--names",
        metavar="RULE",
        show_default=False,
        help="short: the last part of each name of the app's tasks is another name, where it is unique. Default: the rule of "
        "celeriac.install.",
    ),
]


@dataclass(frozen=True)
class AppReport:
    """What the process found out; the names of its members are those of its JSON."""

    # As CELERIAC_CATALOG takes it.
    catalog: dict[str, Any]
    # Task and sentence.
    refused_aliases: list[tuple[str, str]]
    # With `severity`, `task` and `sentence`.
    findings: list[dict[str, Any]]
    # Why, by the name of the task.
    made_by_worker: dict[str, str]

    @property
    def offered(self) -> list[dict[str, Any]]:
        """The definitions that have a route."""
        return [definition for definition in self.catalog["definitions"] if not definition["refusal"]]

    @property
    def refusals(self) -> list[tuple[str, str]]:
        """The tasks that have none, each with a sentence."""
        return [(each["name"], each["refusal"]) for each in self.catalog["definitions"] if each["refusal"]]


def read_app(command: str, app: str, names: str | None = None) -> AppReport:
    """What a process says of this app; what its code prints comes to standard error. `Refusal` where it cannot be loaded."""
    require_packages(command, "app", "celery", "redis")
    if names not in (None, "short"):
        raise Refusal(f"--names {names} is unknown: use short, or names=... in celeriac.install.")
    program = [sys.executable, "-m", PROGRAM, app, *(["--names", names] if names else [])]
    done = subprocess.run(program, stdout=subprocess.PIPE, check=False)
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        raise Failure(
            f"The process that loaded {app} ended with the code {done.returncode} and said nothing of it."
        ) from None
    if "error" in answer:
        raise Refusal(
            answer["error"],
            advice="Name the app as for celery -A, in the directory of the project, and with the environment of its workers.",
        )
    return AppReport(**answer)
