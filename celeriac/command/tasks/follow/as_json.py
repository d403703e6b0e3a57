"""Shows the events of tasks as NDJSON."""

from dataclasses import asdict
from typing import Any

from celeriac.client.events import Cut, Done, Event, Gone, Log, Output, Progress, StateChange
from celeriac.command.output.json_text import json_line
from celeriac.command.output.streams import flush, write

NAMES: dict[type, str] = {
    StateChange: "state",
    Progress: "progress",
    Log: "log",
    Output: "output",
    Cut: "cut",
    Done: "done",
    Gone: "gone",
}


class JsonScreen:
    """Writes a document for each event: the task's id, the event's name, and its data as in the API."""

    def begin(self, task_id: str, name: str) -> None:
        """Nothing is written before the first event."""

    def draw(self) -> None:
        """There is nothing to draw."""

    def show(self, task_id: str, event: Event) -> None:
        """One line."""
        write(json_line({"task_id": task_id, "event": NAMES[type(event)], "data": _data(event)}))
        flush()

    def tell(self, text: str) -> None:
        """Nothing: the last event of each task has its end."""

    def end(self, task_id: str) -> None:
        """The last event has the end."""

    def close(self) -> None:
        """There is nothing to tidy up."""


def _data(event: Event) -> Any:
    return event.document if isinstance(event, Done) else asdict(event)
