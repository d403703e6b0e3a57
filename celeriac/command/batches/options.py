"""The options that the commands of batches share."""

from typing import Annotated

import typer

from celeriac.command.frame.completion import complete_batches
from celeriac.command.tasks.definition.command import WAIT
from celeriac.command.tasks.options import WAITING

Id = Annotated[
    str,
    typer.Argument(
        metavar="BATCH",
        show_default=False,
        autocompletion=complete_batches,
        help="The id of the batch, or its beginning (at least 4 characters).",
    ),
]
File = Annotated[
    str,
    typer.Argument(
        metavar="FILE",
        show_default=False,
        help='A file, or - for standard input: an item a line, or a JSON array of items. An item is {"name": "add", '
        '"input": {"x": 4, "y": 5}}, with its options beside them.',
    ),
]
Label = Annotated[
    str | None,
    typer.Option(metavar="TEXT", show_default=False, help="A text that tells the batch from others."),
]
IdempotencyKey = Annotated[
    str | None,
    typer.Option(
        "--idempotency-key",
        metavar="KEY",
        show_default=False,
        help="With the same key, the same items again are accepted once.",
    ),
]
Wait = Annotated[
    str | None,
    typer.Option(
        WAIT,
        metavar="[DURATION]",
        show_default=False,
        rich_help_panel=WAITING,
        help="Wait for the end of all tasks; the exit code tells whether all have succeeded.",
    ),
]
Timeout = Annotated[
    str | None,
    typer.Option(
        "--timeout",
        metavar="DURATION",
        show_default=False,
        help="Stop waiting after this time; the batch goes on. Default: no limit.",
    ),
]
