"""Submits new tasks, and does what the options of `submit` and `run` ask for afterwards."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from celeriac.client.errors import TimedOut
from celeriac.command.connect.server import Server
from celeriac.command.output.json_text import json_document, json_line
from celeriac.command.output.output import Form, Output
from celeriac.command.output.streams import flush, say, write
from celeriac.command.tasks.follow.show import end_of, follow_all
from celeriac.command.tasks.follow.tasks import TimeOver
from celeriac.command.tasks.input.files import text_of
from celeriac.command.tasks.leaving import advice_for, leaving
from celeriac.command.tasks.many.each import Each
from celeriac.command.tasks.many.lines import stdin_lines
from celeriac.command.tasks.outcome import refusal_of_end, sentence_of
from celeriac.command.tasks.submission import (
    Options,
    Submission,
    new_submission,
    object_of,
    understood,
)

if TYPE_CHECKING:
    from celeriac.client.client import Client, Task


def accepted(client: "Client", server: Server, submission: Submission) -> "Task":
    """The task, when the server has it; after Ctrl-C meanwhile, a sentence has its id to be."""
    ids = [submission.task_id] if submission.task_id else []
    with leaving(server, ids, is_accepted=False):
        return submission.submit(client)


def after_submission(
    task: "Task", server: Server, output: Output, *, waits: bool, timeout: timedelta | None, follows: bool
) -> None:
    """Print its id, or with `--json` the document; then wait or watch, if asked to."""
    is_json = output.form is Form.JSON
    if not is_json:
        _print(task.id)
    elif not waits and not follows:
        _print(json_document(task.document))
    with leaving(server, [task.id]):
        if follows:
            follow_all([task], output, advice_for(server), timeout=_number(timeout))
        elif waits:
            _wait(task, server, timeout=_number(timeout), is_json=is_json)


def submit_lines(client: "Client", name: str, options: Options, output: Output) -> None:
    """Submit a task for each line of standard input, and print the ids as they are accepted."""

    def submit(line: tuple[int, bytes]) -> "Task":
        number, content = line
        with understood(name, has_id=True):
            task_input = object_of(text_of(content, "The line"), "The line")
        return new_submission(name, task_input, options.of_line(number)).submit(client)

    def show(task: "Task") -> None:
        _print(json_line(task.document) if output.form is Form.JSON else task.id)

    Each(submit, show, lambda line: f"line {line[0]}", "submitted").run(stdin_lines())


def result_of(task: "Task", server: Server, *, timeout: timedelta | None) -> Any:
    """Its result at its end; `Refusal` if there is none."""
    with leaving(server, [task.id]):
        document = end_of(task, timeout=_number(timeout), has_lines=True)
        if refusal := refusal_of_end(document, advice_for(server)(document)):
            raise refusal
        return document["result"] if "result" in document else task.result()


def _wait(task: "Task", server: Server, *, timeout: float | None, is_json: bool) -> None:
    """Wait for its end; `Refusal` if it did not succeed."""
    try:
        document = end_of(task, timeout=timeout, has_lines=False)
    except (TimedOut, TimeOver):
        if is_json:
            _print(json_document(task.refresh().document))
        raise
    if is_json:
        _print(json_document(document))
    if refusal := refusal_of_end(document, advice_for(server)(document)):
        raise refusal
    say(sentence_of(document))


def _number(duration: timedelta | None) -> float | None:
    return None if duration is None else duration.total_seconds()


def _print(text: str) -> None:
    write(text)
    flush()
