"""`celeriac doctor`: checks the server or a Celery app, and what to do."""

from collections.abc import Iterator
from typing import Annotated

import typer

from celeriac.command.connect.existing_app import AppName, ShortNames
from celeriac.command.connect.server import Server
from celeriac.command.frame.shared_options import with_shared_options
from celeriac.command.output.output import Output
from celeriac.command.output.refusal import Refusal


@with_shared_options
def doctor(
    *,
    app: AppName = None,
    tasks: Annotated[
        bool, typer.Option("--tasks", help="Of an app: list its tasks, and who makes their messages.")
    ] = False,
    names: ShortNames = None,
    server: Server,
    output: Output,
) -> None:
    """Check the server (Redis, key, workers, clock, a round trip), or a Celery app.

    With an APP, it connects to nothing: it shows what of the app's configuration celeriac.install cannot keep, and which tasks are offered.
    Each line is ok, warn, fail, note, or skip where the key does not allow the check. The exit code is that of the first failure.
    """
    from celeriac.command.connect.app_doctor import app_findings  # slow to load, as what follows
    from celeriac.command.connect.checks import Examination
    from celeriac.command.connect.findings import COLUMNS, Finding, Verdict

    if app is None and (tasks or names):
        raise Refusal("--tasks and --names belong to an app: celeriac doctor proj.celery:app --tasks")

    failures: list[Finding] = []

    def watched() -> Iterator[Finding]:
        all_findings = (
            app_findings(app, names=names, with_tasks=tasks) if app else Examination(server).findings()
        )
        for finding in all_findings:
            if finding.verdict is Verdict.FAIL:
                failures.append(finding)
            yield finding

    output.show_all(
        watched(),
        COLUMNS,
        identity=lambda finding: finding.check,
        document=lambda finding: finding.document(),
        empty="",
    )
    if failures:
        raise typer.Exit(failures[0].exit_code)
