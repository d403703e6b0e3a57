"""What every description of a call can use of its client."""

from collections.abc import Callable
from typing import Any, TypeVar

from celeriac.client.documents import BatchDocument, TaskDocument
from celeriac.client.flow.deadline import Deadline
from celeriac.client.flow.retries import answer_to
from celeriac.client.flow.steps import Item, Series
from celeriac.client.wire.json_text import parse
from celeriac.client.wire.problems import unexpected
from celeriac.client.wire.request import Answer, Request, path_of

T = TypeVar("T")


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

    def batch_handle(self, document: BatchDocument) -> Any:
        """The handle of a batch."""
        raise NotImplementedError

    def _listed(
        self, path: str, query: list[tuple[str, str]], timeout: float | None, item: Callable[[Any], T]
    ) -> Series[T]:
        """The items of a list over all its pages, each as `item` makes it. `timeout` is for each page."""
        cursor: list[tuple[str, str]] | None = []
        while cursor is not None:
            request = Request("GET", path_of(path, query=[*query, *cursor]))
            page = object_of((yield from answer_to(request, self.deadline(timeout))), "items", "next_cursor")
            for document in page["items"]:
                yield Item(item(document))
            cursor = [("cursor", page["next_cursor"])] if page["next_cursor"] is not None else None


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
