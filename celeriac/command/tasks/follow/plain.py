"""Shows tasks in a pipe or a file: log lines and output only, without bars."""

import sys

from celeriac.client.events import Cut, Event, Log, Output
from celeriac.command.output.streams import flush, say, write
from celeriac.command.output.visible import visible
from celeriac.command.tasks.follow.pieces import Pieces

# Enough of an id to tell the tasks apart that are watched together.
ID_DIGITS = 8


class PlainScreen:
    """Writes lines to standard output as they come; with several tasks, each begins with the id of its task."""

    def __init__(self, *, has_ids: bool) -> None:
        """`has_ids` where several tasks are followed."""
        self._has_ids = has_ids
        self._is_terminal = sys.stdout.isatty()
        self._pieces: dict[str, Pieces] = {}

    def begin(self, task_id: str, name: str) -> None:
        """Have a place for its output."""
        self._pieces[task_id] = Pieces()

    def draw(self) -> None:
        """Without bars there is nothing to draw."""

    def show(self, task_id: str, event: Event) -> None:
        """Log lines, and output in whole lines."""
        match event:
            case Log(line):
                self._line(task_id, line)
            case Output(chunk):
                for line in self._pieces[task_id].add(chunk):
                    self._line(task_id, line)
            case Cut():
                say("Some earlier events are no longer kept.")
        flush()

    def tell(self, text: str) -> None:
        """On standard error."""
        say(text)

    def end(self, task_id: str) -> None:
        """The last line, if it has no end."""
        if rest := self._pieces.pop(task_id, Pieces()).rest():
            self._line(task_id, rest)
            flush()

    def close(self) -> None:
        """Write what is left."""
        for task_id in list(self._pieces):
            self.end(task_id)

    def _line(self, task_id: str, line: str) -> None:
        text = f"{task_id[:ID_DIGITS]}  {line}" if self._has_ids else line
        write(visible(text) if self._is_terminal else text)
