"""How schedules are printed: columns of a list, and facts about one."""

import json
from collections.abc import Mapping
from typing import Any

from celeriac.command.output.column import Column
from celeriac.command.output.moments import moment
from celeriac.command.output.output import Output


def columns() -> list[Column[Any]]:
    """The columns of a list of schedules."""
    return [
        Column("SCHEDULE", lambda schedule: schedule["name"]),
        Column("TASK", lambda schedule: schedule["submits"]),
        Column("WHEN", when, leave_out=2),
        Column("NEXT", _next, style=lambda schedule: "yellow" if schedule["paused"] else ""),
        Column("LAST", lambda schedule: moment(schedule["last_due"]) or "-", leave_out=1),
        Column("NOTE", _note, style=lambda _: "red", leave_out=3, is_cut=True),
    ]


def show_schedule(output: Output, document: Mapping[str, Any]) -> None:
    """Print a schedule: its document, its name, or the facts."""
    output.show(document, identity=document["name"], facts=lambda: _facts(document))


def when(schedule: Mapping[str, Any]) -> str:
    """When it is due, in a few words: `0 3 * * * (Europe/Berlin)`, `every PT5M`, `at 3 moments`."""
    if schedule["cron"] is not None:
        return f"{schedule['cron']} ({schedule['zone'] or 'UTC'})"
    if schedule["every"] is not None:
        return f"every {schedule['every']}"
    moments = schedule["at"] or []
    return f"at {moment(moments[0])}" if len(moments) == 1 else f"at {len(moments)} moments"


def _facts(schedule: Mapping[str, Any]) -> dict[str, Any]:
    submit = schedule["submit"]
    options = {name: value for name, value in submit.items() if name not in ("name", "input")}
    return {
        "Schedule": schedule["name"],
        "Task": schedule["submits"],
        "Input": json.dumps(submit.get("input", {}), ensure_ascii=False),
        "Options": json.dumps(options, ensure_ascii=False) if options else None,
        "When": when(schedule),
        "Until": moment(schedule["until"]),
        "Next": _next(schedule),
        "Last": moment(schedule["last_due"]),
        "Last task": schedule["last_task_id"],
        "Left out": moment(schedule["last_skipped"]),
        "Error": _note(schedule),
        "Overlap": schedule["overlap"],
        "Catch up": schedule["catch_up"],
        "Jitter": f"{schedule['jitter']:g} s" if schedule["jitter"] else None,
        "Created": moment(schedule["created_at"]),
        "Changed": moment(schedule["updated_at"]),
        "Declared": "with its task" if schedule["declared"] else None,
        "Owner": schedule["owner"],
    }


def _next(schedule: Mapping[str, Any]) -> str:
    return "paused" if schedule["paused"] else moment(schedule["next"]) or "never"


def _note(schedule: Mapping[str, Any]) -> str:
    error = schedule["error"]
    return f"{moment(error['due'])}: {error['detail']}" if error else ""
