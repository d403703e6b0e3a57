"""`celeriac doctor`: checks the server, and what to do about it."""

from collections.abc import Iterator

import typer

from celeriac.command.connect.server import Server
from celeriac.command.frame.shared_options import with_shared_options
from celeriac.command.output.output import Output


@with_shared_options
def doctor(*, server: Server, output: Output) -> None:
    """Check the server: Redis, key, workers, versions, clock, and a round trip.

    Each line is ok, warn, fail, or skip where the key does not allow the check. The exit code is that of the first failure.
    """
    from celeriac.command.connect.checks import Examination  # slow to load
    from celeriac.command.connect.findings import COLUMNS, Finding, Verdict

    failures: list[Finding] = []

    def watched() -> Iterator[Finding]:
        for finding in Examination(server).findings():
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
