"""Shows tasks in a terminal: a bar for each, and their lines above the bars."""

import os
import sys

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import (
    BarColumn,
    ProgressColumn,
    SpinnerColumn,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.progress import Progress as Bars
from rich.table import Column
from rich.text import Text

from celeriac.client.events import Cut, Event, Log, Output, Progress, StateChange
from celeriac.command.output.streams import has_colours, write
from celeriac.command.output.visible import one_line, visible
from celeriac.command.tasks.follow.pieces import Pieces
from celeriac.command.tasks.follow.plain import ID_DIGITS

# Below this width only the name, the bar and a number fit.
WIDE = 60
REFRESHES_PER_SECOND = 8
# How many lines are shown of output that has no line end yet.
TAIL_LINES = 3


class LiveScreen:
    """Draws on standard error. Lines go to standard output where that is the data (`watch`), else above the bars."""

    def __init__(self, *, is_data: bool, has_lines: bool = True) -> None:
        """`is_data`: log lines and output are what the command is asked for; without `has_lines`, none are shown."""
        self._has_lines = has_lines
        self._has_ids = False
        self._bars: dict[str, TaskID] = {}
        self._pieces: dict[str, Pieces] = {}
        self._is_data = is_data and not sys.stdout.isatty()
        self._console = Console(
            stderr=True,
            no_color=not has_colours(sys.stderr),
            highlight=False,
            markup=False,
            emoji=False,
            _environ={name: value for name, value in os.environ.items() if name != "FORCE_COLOR"},
        )
        self._progress = Bars(*_columns(self._console.width), console=self._console, auto_refresh=False)
        self._live = Live(
            console=self._console,
            get_renderable=self._renderable,
            refresh_per_second=REFRESHES_PER_SECOND,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def begin(self, task_id: str, name: str) -> None:
        """Have a bar for it."""
        label = f"{one_line(name)} {task_id[:ID_DIGITS]}".strip()
        self._pieces[task_id] = Pieces()
        self._has_ids = self._has_ids or len(self._pieces) > 1
        self._bars[task_id] = self._progress.add_task(label, total=None, state="", message="")

    def draw(self) -> None:
        """Draw the bars, from now on."""
        self._live.start()

    def show(self, task_id: str, event: Event) -> None:
        """Lines above the bars, and the rest in its bar."""
        match event:
            case StateChange(state, attempt):
                text = f"{state} (attempt {attempt})" if attempt > 1 else state
                self._progress.update(self._bars[task_id], state=one_line(text))
            case Progress(done, total, message):
                self.draw()
                self._progress.update(
                    self._bars[task_id], completed=done, total=total, message=one_line(message or "")
                )
            case Log(line) if self._has_lines:
                self._line(task_id, line)
            case Output(chunk) if self._has_lines:
                for line in self._pieces[task_id].add(chunk):
                    self._line(task_id, line)
            case Cut():
                self.tell("Some earlier events are no longer kept.")

    def tell(self, text: str) -> None:
        """Above the bars."""
        self._console.print(Text(visible(text)), soft_wrap=True)

    def end(self, task_id: str) -> None:
        """The last line, if it has no end; no bar any more."""
        rest = self._pieces.pop(task_id, Pieces()).rest()
        if (bar := self._bars.pop(task_id, None)) is not None:
            self._progress.remove_task(bar)
        if self._live.is_started:
            self._live.refresh()
        if rest:
            self._line(task_id, rest)

    def close(self) -> None:
        """Remove the bars."""
        for task_id in list(self._bars):
            self.end(task_id)
        self._live.stop()

    def _line(self, task_id: str, line: str) -> None:
        text = f"{task_id[:ID_DIGITS]}  {line}" if self._has_ids else line
        if self._is_data:
            write(text)
            sys.stdout.flush()
        else:
            self.tell(text)

    def _renderable(self) -> RenderableType:
        width = self._console.width * TAIL_LINES
        # The thread that draws calls this, while others come and go.
        tails = [Text(visible(pieces.tail)[-width:]) for pieces in list(self._pieces.values()) if pieces.tail]
        return Group(*tails, self._progress)


def _columns(width: int) -> list[ProgressColumn]:
    narrow: list[ProgressColumn] = [
        _text("{task.description}"),
        BarColumn(bar_width=None),
        TaskProgressColumn(),
    ]
    if width < WIDE:
        return narrow
    return [
        SpinnerColumn(),
        _text("{task.description}"),
        _text("{task.fields[state]}"),
        BarColumn(bar_width=20),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        _text("{task.fields[message]}"),
    ]


def _text(text: str) -> TextColumn:
    """A column that is cut where there is no room; texts of tasks are not markup."""
    return TextColumn(text, markup=False, table_column=Column(no_wrap=True, overflow="ellipsis"))
