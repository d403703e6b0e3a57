"""What shows the events of running tasks; each kind of display is a `Screen`."""

from typing import Protocol

from celeriac.client.events import Event


class Screen(Protocol):
    """Shows events, each under the id of its task."""

    def begin(self, task_id: str, name: str) -> None:
        """A task that will be shown."""

    def draw(self) -> None:
        """Nothing has happened for a moment: show that the task is there."""

    def show(self, task_id: str, event: Event) -> None:
        """Something has happened."""

    def tell(self, text: str) -> None:
        """A line for people."""

    def end(self, task_id: str) -> None:
        """Nothing more comes from this task."""

    def close(self) -> None:
        """Leave the terminal as it was."""
