"""Chooses how tasks are shown, follows them, and tells how they ended."""

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

import typer

from celeriac.client.events import Done, Gone
from celeriac.command.output.exit_codes import ExitCode
from celeriac.command.output.output import Form, Output
from celeriac.command.output.refusal import Refusal
from celeriac.command.output.streams import has_colours
from celeriac.command.tasks.follow.tasks import Ended, follow
from celeriac.command.tasks.many.each import refusal_for
from celeriac.command.tasks.outcome import refusal_of_end, sentence_of

if TYPE_CHECKING:
    from celeriac.client.client import Task
    from celeriac.client.documents import TaskDocument
    from celeriac.command.tasks.follow.screen import Screen

# What one can do after this end.
Advice: TypeAlias = "Callable[[TaskDocument], str]"


def follow_all(
    tasks: Sequence["Task"], output: Output, advice: Advice, *, timeout: float | None = None
) -> None:
    """Watch these tasks until all have ended; `TimeOver`. The exit code is that of the ends, if it is the same for all that failed."""
    screen = _screen_of(output, len(tasks))
    codes: set[int] = set()

    def ended(task: "Task", end: Ended) -> None:
        refusal = _refusal(task, end, advice)
        if refusal:
            codes.add(refusal.exit_code)
            if len(tasks) == 1:
                raise refusal
        screen.tell(sentence_of(end.document) if isinstance(end, Done) else f"{task.id}: {refusal}")

    follow(tasks, screen, ended, timeout=timeout)
    if codes:
        raise typer.Exit(ExitCode.FAILED if len(codes) > 1 else min(codes))


def end_of(task: "Task", *, timeout: float | None, has_lines: bool) -> "TaskDocument":
    """Its document at its end; `TimedOut`, `TimeOver`. In a terminal with colours, a bar shows it meanwhile, with `has_lines` also its lines."""
    if not has_colours(sys.stderr):
        return task.wait(timeout=timeout).document
    from celeriac.command.tasks.follow.live import LiveScreen

    ends: list[Ended] = []
    screen = LiveScreen(is_data=False, has_lines=has_lines)
    follow([task], screen, lambda _, end: ends.append(end), timeout=timeout)
    match ends[0]:
        case Done(document):
            return document
        case Exception() as error:
            raise error
    return task.refresh().document  # it is gone, and the error says so


def _screen_of(output: Output, count: int) -> "Screen":
    if output.form is Form.JSON:
        from celeriac.command.tasks.follow.as_json import JsonScreen

        return JsonScreen()
    if has_colours(sys.stderr):
        from celeriac.command.tasks.follow.live import LiveScreen

        return LiveScreen(is_data=True)
    from celeriac.command.tasks.follow.plain import PlainScreen

    return PlainScreen(has_ids=count > 1)


def _refusal(task: "Task", end: Ended, advice: Advice) -> Refusal | None:
    """Why it did not succeed, with the exit code for that."""
    match end:
        case Gone(reason):
            return Refusal(f"Task {task.id} is gone.", why=reason, exit_code=ExitCode.NOT_FOUND)
        case Done(document):
            return refusal_of_end(document, advice(document))
    return refusal_for(end)
