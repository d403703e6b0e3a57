"""The options that the commands of schedules share."""

from typing import Annotated, Literal

import typer

from celeriac.command.frame.completion import complete_schedules
from celeriac.command.frame.list_options import of_owner, whose

WHEN, DUE = "When it is due", "What a due time does"

Name = Annotated[
    str,
    typer.Argument(
        metavar="SCHEDULE",
        show_default=False,
        autocompletion=complete_schedules,
        help="The name of the schedule.",
    ),
]
Owner = Annotated[str | None, whose("schedule")]
OwnerOfAll = Annotated[str | None, of_owner("schedules")]
Cron = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT",
        show_default=False,
        rich_help_panel=WHEN,
        help='Minute, hour, day of the month, month, day of the week: "0 3 * * *".',
    ),
]
Zone = Annotated[
    str | None,
    typer.Option(
        metavar="ZONE",
        show_default=False,
        rich_help_panel=WHEN,
        help="The time zone of --cron: Europe/Berlin. Default: UTC.",
    ),
]
Every = Annotated[
    str | None,
    typer.Option(
        metavar="DURATION",
        show_default=False,
        rich_help_panel=WHEN,
        help="An interval, from now on: 90s, 5m, 1d.",
    ),
]
At = Annotated[
    list[str] | None,
    typer.Option(
        metavar="TIME",
        show_default=False,
        rich_help_panel=WHEN,
        help="A single moment: 2026-05-01T12:00:00Z. Repeat it for several.",
    ),
]
Until = Annotated[
    str | None,
    typer.Option(
        metavar="TIME", show_default=False, rich_help_panel=WHEN, help="No due time is later than this."
    ),
]
Overlap = Annotated[
    Literal["queue", "skip", "cancel_running"] | None,
    typer.Option(
        metavar="WORD",
        show_default=False,
        rich_help_panel=DUE,
        help="While the last task has not ended: queue (default) submits another, skip leaves the due time out, "
        "cancel_running cancels the last task.",
    ),
]
CatchUp = Annotated[
    Literal["none", "last", "all"] | None,
    typer.Option(
        metavar="WORD",
        show_default=False,
        rich_help_panel=DUE,
        help="If due times were missed: last (default) submits the newest of them, all the newest 100, none none.",
    ),
]
Jitter = Annotated[
    str | None,
    typer.Option(
        metavar="DURATION",
        show_default=False,
        rich_help_panel=DUE,
        help="Delay each task by a random time of up to this duration.",
    ),
]
Paused = Annotated[
    bool | None,
    typer.Option(
        "--paused/--not-paused",
        show_default=False,
        rich_help_panel=WHEN,
        help="Whether it is paused. Default: as it was; a new one is not.",
    ),
]
