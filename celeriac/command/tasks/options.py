"""The options that several commands about tasks share."""

from pathlib import Path
from typing import Annotated

import typer

from celeriac.command.frame.completion import complete_names
from celeriac.command.frame.shared_options import OUTPUT
from celeriac.command.tasks.definition.command import WAIT
from celeriac.values.states import Priority, When

NEW, WAITING = "The new task", "Waiting"

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        show_default=False,
        autocompletion=complete_names,
        help="The name of a task definition.",
    ),
]
Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="KEY=VALUE",
        show_default=False,
        help="The input: x=4, address.city=Berlin, tags=a tags=b, image=@photo.jpg, text=@- (standard input), limit:=null "
        "(JSON). @FILE alone is the whole input as JSON.",
    ),
]
Input = Annotated[
    str | None,
    typer.Option(
        "--input",
        metavar="TEXT|@FILE|-",
        show_default=False,
        rich_help_panel=NEW,
        help="The whole input as JSON: a text, a file, or standard input. --json TEXT is the same.",
    ),
]
Delay = Annotated[
    str | None,
    typer.Option(
        "--delay",
        metavar="DURATION",
        show_default=False,
        rich_help_panel=NEW,
        help="Queue the task after this time: 90, 10m, 1.5h.",
    ),
]
Eta = Annotated[
    str | None,
    typer.Option(
        "--eta",
        metavar="TIME",
        show_default=False,
        rich_help_panel=NEW,
        help="Queue the task at this time: 2026-05-01T12:00:00Z.",
    ),
]
Expires = Annotated[
    str | None,
    typer.Option(
        "--expires",
        metavar="DURATION",
        show_default=False,
        rich_help_panel=NEW,
        help="The task must start within this time, or it never runs.",
    ),
]
After = Annotated[
    list[str] | None,
    typer.Option(
        "--after",
        metavar="ID",
        show_default=False,
        rich_help_panel=NEW,
        help="Run the task once this one has succeeded; repeat it for several. The beginning of an id is enough.",
    ),
]
Condition = Annotated[
    When | None,
    typer.Option(
        "--when",
        show_default=False,
        rich_help_panel=NEW,
        help="How the tasks of --after must end: succeeded (the default), failed, or ended.",
    ),
]
Queue = Annotated[
    str | None,
    typer.Option(
        "--queue",
        metavar="NAME",
        show_default=False,
        rich_help_panel=NEW,
        help="The queue in which the task waits, in place of that of its definition.",
    ),
]
Urgency = Annotated[
    Priority | None,
    typer.Option(
        "--priority",
        show_default=False,
        rich_help_panel=NEW,
        help="Which tasks of the queue start first: high, normal, or low.",
    ),
]
Fair = Annotated[
    str | None,
    typer.Option(
        "--fair",
        metavar="KEY",
        show_default=False,
        rich_help_panel=NEW,
        help="Tasks with such a key take turns by it: a text, or a pointer into the input, such as /tenant.",
    ),
]
Tags = Annotated[
    list[str] | None,
    typer.Option(
        "--tag",
        metavar="TAG",
        show_default=False,
        rich_help_panel=NEW,
        help="A word for the filter of celeriac list. Repeat it for several.",
    ),
]
IdempotencyKey = Annotated[
    str | None,
    typer.Option(
        "--idempotency-key",
        metavar="KEY",
        show_default=False,
        rich_help_panel=NEW,
        help="The same key again gives the same task, and not another one.",
    ),
]
Wait = Annotated[
    str | None,
    typer.Option(
        WAIT,
        metavar="[DURATION]",
        show_default=False,
        rich_help_panel=WAITING,
        help="Wait for the end of the task; the exit code tells how it ended.",
    ),
]
Follow = Annotated[
    bool,
    typer.Option(
        "--follow", rich_help_panel=WAITING, help="Watch the task until its end, as celeriac watch."
    ),
]
Timeout = Annotated[
    str | None,
    typer.Option(
        "--timeout",
        metavar="DURATION",
        show_default=False,
        rich_help_panel=WAITING,
        help="Stop waiting after this time; the task goes on. Default: no limit.",
    ),
]
Raw = Annotated[
    bool,
    typer.Option("--raw", rich_help_panel=OUTPUT, help="Text without quotes, and bytes as they are."),
]
To = Annotated[
    Path | None,
    typer.Option(
        "--to",
        "-o",
        metavar="FILE",
        show_default=False,
        rich_help_panel=OUTPUT,
        help="Write the result to this file, as --raw does.",
    ),
]
ResultAsJson = Annotated[
    bool, typer.Option("--json", rich_help_panel=OUTPUT, help="The result as JSON. This is the default.")
]
Ids = Annotated[
    list[str],
    typer.Argument(
        metavar="ID",
        show_default=False,
        help="Ids of tasks, or beginnings of ids (at least 4 characters). - reads ids from standard input, one a line.",
    ),
]
