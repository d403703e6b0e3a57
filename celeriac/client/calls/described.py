"""What every description of a call can use of its client."""

from typing import Any

from celeriac.client.documents import TaskDocument
from celeriac.client.flow.deadline import Deadline
from celeriac.client.flow.retries import answer_to
from celeriac.client.flow.steps import Flow
from celeriac.client.wire.json_text import parse
from celeriac.client.wire.problems import unexpected
from celeriac.client.wire.request import Answer, Request


class Described:
    """The part of a client without which no call works."""

    # How long a call may take, in seconds.
    _timeout: float

    @property
    def _away(self) -> float:
        """For how many seconds the API may be away."""
        raise NotImplementedError

    def deadline(self, timeout: float | None) -> Deadline:
        """The end of a call that waits for no task."""
        return Deadline(self._timeout if timeout is None else timeout, away=self._away)

    def long_deadline(self, timeout: float | None) -> Deadline:
        """The end of a call that waits for a task: none, if nobody asked for one."""
        return Deadline(timeout, away=self._away)

    def handle(self, task_id: str, document: TaskDocument | None = None) -> Any:
        """The handle of a task."""
        raise NotImplementedError

    def _read(self, request: Request, timeout: float | None = None) -> Flow[Any]:
        """The JSON value that answers a request."""
        answer = yield from answer_to(request, self.deadline(timeout))
        return value_of(answer)


def value_of(answer: Answer) -> Any:
    """The JSON value in an answer."""
    try:
        return parse(answer.body)
    except ValueError as error:
        raise unexpected(answer, f"The answer is not valid JSON: {error}") from None


def object_of(answer: Answer, *members: str) -> dict[str, Any]:
    """The JSON object in an answer, which has these members."""
    value = value_of(answer)
    if not isinstance(value, dict) or any(name not in value for name in members):
        raise unexpected(answer, "The answer is not from Celeriac")
    return value


def task_document_of(answer: Answer) -> TaskDocument:
    """The task document in an answer."""
    document: Any = object_of(answer, "task_id", "name", "state", "ready", "successful", "error")
    task: TaskDocument = document
    return task


def items_of(answer: Answer) -> list[Any]:
    """The items of a list."""
    items = object_of(answer, "items")["items"]
    if not isinstance(items, list):
        raise unexpected(answer, "The items are not a list")
    return items
