"""Follows tasks to their end: reads their events in threads, and shows them in one."""

from collections.abc import Callable, Iterable
from queue import Empty, Queue, SimpleQueue
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, TypeAlias

from celeriac.client.events import Done, Event, Gone

if TYPE_CHECKING:
    from celeriac.client.client import Task
    from celeriac.command.tasks.follow.screen import Screen

# Each has a connection; what exceeds them is followed when others have ended.
MOST_STREAMS = 32
MOST_EVENTS = 1_000
# A task that ends sooner is shown without a bar.
DRAW_AFTER_SECONDS = 0.4

Ended: TypeAlias = Done | Gone | Exception


class TimeOver(Exception):
    """The tasks have not ended in time. They go on."""


def follow(
    tasks: Iterable["Task"],
    screen: "Screen",
    ended: Callable[["Task", Ended], None],
    *,
    timeout: float | None = None,
) -> None:
    """Show these tasks until all have ended; `ended` gets the last event of each, or why it cannot be followed."""
    tasks = list(tasks)
    events = _events(tasks)
    deadline = None if timeout is None else monotonic() + timeout
    left = {task.id for task in tasks}
    try:
        while left:
            task, event = _next(events, screen, deadline)
            if event is None:
                screen.begin(task.id, task.name)
            elif isinstance(event, Exception):
                screen.end(task.id)
                left.discard(task.id)
                ended(task, event)
            else:
                screen.show(task.id, event)
                if isinstance(event, Done | Gone):
                    screen.end(task.id)
                    left.discard(task.id)
                    ended(task, event)
    finally:
        screen.close()


def _events(tasks: list["Task"]) -> "Queue[tuple[Task, Event | Exception | None]]":
    """Where the events of all tasks arrive; before those of a task, None."""
    waiting: SimpleQueue[Task] = SimpleQueue()
    events: Queue[tuple[Task, Event | Exception | None]] = Queue(MOST_EVENTS)

    def read() -> None:
        while True:
            try:
                task = waiting.get_nowait()
            except Empty:
                return
            events.put((task, None))
            try:
                for event in task.events():
                    events.put((task, event))
            except Exception as error:  # noqa: BLE001 - it is shown where the events are
                events.put((task, error))

    for task in tasks:
        waiting.put(task)
    for _ in range(min(len(tasks), MOST_STREAMS)):
        Thread(target=read, daemon=True).start()
    return events


def _next(
    events: "Queue[tuple[Task, Event | Exception | None]]", screen: "Screen", deadline: float | None
) -> "tuple[Task, Event | Exception | None]":
    while True:
        left = DRAW_AFTER_SECONDS if deadline is None else min(DRAW_AFTER_SECONDS, deadline - monotonic())
        if left <= 0:
            raise TimeOver
        try:
            return events.get(timeout=left)
        except Empty:
            screen.draw()
