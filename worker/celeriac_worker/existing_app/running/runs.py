"""The runs of a worker, by token: messages received, and tasks that run."""

from typing import Any

from celery.worker import state

TOKEN = "celeriac_token"  # noqa: S105 - the name of a member of Celery's request
STAMP = "celeriac_stamp"


class Runs:
    """Of the main process, where the heartbeat asks for them from a thread of its own: each step is one of a dictionary's."""

    def __init__(self) -> None:
        """There are none yet."""
        # Received, and not begun.
        self.reserved: dict[str, Any] = {}
        self._active: dict[str, Any] = {}
        # Of this process: those whose end the result backend has written. The wrapped tracer takes them out again.
        self.stored: set[str] = set()

    def receive(self, token: str, request: Any) -> None:
        """A message has come."""
        self.reserved[token] = request

    def begin(self, token: str, request: Any) -> None:
        """Its task runs."""
        self._active[token] = request
        self.reserved.pop(token, None)

    def end(self, token: str) -> None:
        """The worker has neither the message nor the task any more."""
        self._active.pop(token, None)
        self.reserved.pop(token, None)

    def active(self) -> list[tuple[str, Any]]:
        """Those that run, with their tokens. Of a task that was acknowledged early, Celery alone knows when it has ended."""
        runs = list(self._active.items())
        for token, request in runs:
            if request not in state.active_requests:
                self._active.pop(token, None)
        return [(token, request) for token, request in runs if token in self._active]

    def held(self) -> list[str]:
        """The ids of what was received and not begun."""
        return [request.id for request in list(self.reserved.values())]

    def forget_connection(self) -> None:
        """The connection is lost, and Celery has dropped what had not begun: the broker delivers it again."""
        self.reserved.clear()


def token_of(request: Any, task_id: str) -> str | None:
    """The token of the run in Celery's context, if it is that of this task."""
    token: str | None = getattr(request, TOKEN, None)
    return token if token and getattr(request, "id", None) == task_id else None
