"""Waits for the end of a batch, in a terminal with a bar."""

import sys
from collections.abc import Callable
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any

import typer

from celeriac.client.errors import TimedOut
from celeriac.command.batches.texts import ended, sentence_of
from celeriac.command.connect.server import Server
from celeriac.command.output.exit_codes import ExitCode
from celeriac.command.output.json_text import json_document
from celeriac.command.output.output import Form, Output
from celeriac.command.output.refusal import Refusal
from celeriac.command.output.streams import flush, has_colours, say, write
from celeriac.command.tasks.definition.command import NO_LIMIT, WAIT
from celeriac.command.tasks.leaving import command_line
from celeriac.command.tasks.submission import seconds

if TYPE_CHECKING:
    from celeriac.client.client import Batch

# So often the bar moves.
STEP_SECONDS = 1.0


def wait_time(text: str | None) -> timedelta | None:
    """How long `--wait` may take; None without a limit."""
    return seconds(WAIT, None if text == NO_LIMIT else text)


def after_submission(
    batch: "Batch", server: Server, output: Output, *, waits: bool, timeout: timedelta | None
) -> None:
    """Print its id, or with `--json` the document; then wait, if asked to."""
    is_json = output.form is Form.JSON
    if not is_json or not waits:
        write(json_document(batch.document) if is_json else batch.id)
        flush()
    if waits:
        wait_for(batch, server, output, timeout=timeout)


def wait_for(batch: "Batch", server: Server, output: Output, *, timeout: timedelta | None) -> None:
    """Wait for its end, and say how it ended. The exit code is 1 unless all its tasks have succeeded."""
    wait = _wait_with_bar if has_colours(sys.stderr) else _wait
    try:
        wait(batch, None if timeout is None else timeout.total_seconds())
    except KeyboardInterrupt:
        again, cancel = (
            command_line(server, "batch", "wait", batch.id),
            command_line(server, "batch", "cancel", batch.id),
        )
        say("", f"Batch {batch.id} goes on.", f"  Wait:    {again}", f"  Cancel:  {cancel}")
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    except TimedOut:
        raise Refusal(
            f"Batch {batch.id} has not ended in time, and goes on.",
            advice=command_line(server, "batch", "wait", batch.id),
            exit_code=ExitCode.TIMED_OUT,
        ) from None
    if output.form is Form.JSON:
        write(json_document(batch.document))
        flush()
    if not batch.successful:
        raise _refusal(batch, server)
    say(sentence_of(batch.document))


def _wait(batch: "Batch", limit: float | None) -> None:
    batch.wait(timeout=limit)


def _wait_with_bar(batch: "Batch", limit: float | None) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    columns: list[Any] = [
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[failed]}", style="red"),
        TimeElapsedColumn(),
    ]
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task(f"batch {batch.id[:8]}", total=batch.document["total"], failed="")

        def draw() -> None:
            document: Any = batch.document
            failed = document["counts"]["failed"]
            progress.update(
                bar,
                completed=ended(document),
                total=document["total"],
                failed=f"{failed:,} failed" if failed else "",
            )

        _in_steps(batch, limit, draw)


def _in_steps(batch: "Batch", limit: float | None, draw: Callable[[], None]) -> None:
    """Draw after each step, until the batch has ended; `TimedOut`."""
    until = None if limit is None else monotonic() + limit
    while True:
        draw()
        step = STEP_SECONDS if until is None else min(STEP_SECONDS, until - monotonic())
        try:
            batch.wait(timeout=max(0.0, step))
        except TimedOut:
            if until is not None and monotonic() >= until:
                raise
            batch.refresh()
        if batch.ready:
            return


def _refusal(batch: "Batch", server: Server) -> Refusal:
    document: Any = batch.document
    is_cancelled = document["cancel_requested"] and not document["counts"]["failed"]
    return Refusal(
        sentence_of(document),
        advice=command_line(
            server, "batch", "results" if document["counts"]["failed"] else "retry", batch.id
        ),
        exit_code=ExitCode.CANCELLED if is_cancelled else ExitCode.FAILED,
    )
