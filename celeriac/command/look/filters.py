"""The options that choose tasks of a list."""

from datetime import datetime
from typing import Annotated

import typer

from celeriac.command.frame.completion import complete_names, complete_queues, complete_schedules
from celeriac.command.frame.list_options import of_owner
from celeriac.command.output.refusal import Refusal
from celeriac.values.states import State

States = Annotated[
    list[State] | None,
    typer.Option(metavar="STATE", show_default=False, help=f"{', '.join(State)}. Repeat it for several."),
]
Names = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        show_default=False,
        autocompletion=complete_names,
        help="Only tasks of this definition. Repeat it for several.",
    ),
]
Queues = Annotated[
    list[str] | None,
    typer.Option(
        metavar="QUEUE",
        show_default=False,
        autocompletion=complete_queues,
        help="Only tasks of this queue. Repeat it for several.",
    ),
]
Tags = Annotated[
    list[str] | None,
    typer.Option(
        metavar="TAG",
        show_default=False,
        help="Only tasks with this tag. With several, only tasks that have all of them.",
    ),
]
Schedule = Annotated[
    str | None,
    typer.Option(
        metavar="SCHEDULE",
        show_default=False,
        autocompletion=complete_schedules,
        help="Only tasks that this schedule submitted.",
    ),
]
CreatedAfter = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        show_default=False,
        help="Only tasks created at this time or later: 2026-05-01T12:00:00Z, or an age such as 2h or 7d.",
    ),
]
CreatedBefore = Annotated[
    str | None,
    typer.Option(metavar="TIME", show_default=False, help="Only tasks created before this time."),
]
Owner = Annotated[str | None, of_owner("tasks")]


def time_of(option: str, text: str | None, now: datetime) -> datetime | None:
    """The time in this text: one of RFC 3339, or an age; None for None. `Refusal` names the option."""
    from celeriac.values.durations import duration_of

    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        pass
    else:
        if time.tzinfo is not None:
            return time
        raise Refusal(f"{option} {text} has no time zone.", advice=f"{option} {time.isoformat()}Z")
    try:
        return now - duration_of(text)
    except (ValueError, OverflowError):
        raise Refusal(
            f"{option} {text!r} is neither a time nor an age.",
            advice="Write 2026-05-01T12:00:00Z, or an age such as 90s, 2h or 7d.",
        ) from None
