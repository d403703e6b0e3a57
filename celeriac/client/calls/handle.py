"""What can be asked of one task."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic

from celeriac.client.calls.described import Described, object_of, task_document_of
from celeriac.client.calls.file_results import fetched, with_file
from celeriac.client.calls.outcome import Fields, Value
from celeriac.client.calls.submission import new_key
from celeriac.client.calls.waiting import ended, read, result_of
from celeriac.client.calls.watching import task_events
from celeriac.client.documents import ErrorDocument, ProgressDocument, State, TaskDocument
from celeriac.client.errors import TaskGone
from celeriac.client.events import Event
from celeriac.client.flow.call import call, series, task_call
from celeriac.client.flow.retries import answer_to
from celeriac.client.flow.steps import Flow, Series
from celeriac.client.wire.json_text import input_json
from celeriac.client.wire.request import Request, path_of
from celeriac.client.wire.trace import trace_headers
from celeriac.values.json.result_references import Reference

if TYPE_CHECKING:
    from celeriac.files.file import File

JSON = {"Content-Type": "application/json"}


class Handle(Generic[Value]):
    """A task by its id, with the document that was read last."""

    def __init__(
        self,
        client: Described | None,
        task_id: str,
        document: TaskDocument | None = None,
        convert: Callable[[Any], Value] | None = None,
    ) -> None:
        """The client is None for a handle that was unpickled. `convert` makes of a JSON value what `result` returns."""
        self._convert = convert
        self._client = client
        self._id = task_id
        self._document = document

    @property
    def _of(self) -> Described:
        """The client that asks."""
        raise NotImplementedError

    @property
    def id(self) -> str:
        """The task's id."""
        return self._id

    @property
    def document(self) -> TaskDocument:
        """The task document that was read last: `refresh` reads it again."""
        if self._document is None:
            raise RuntimeError(f"Task {self._id} has not been read yet: call refresh() first.")
        return self._document

    @property
    def name(self) -> str:
        """The name of its definition."""
        return self.document["name"]

    @property
    def state(self) -> State:
        """Its state when it was read last."""
        return self.document["state"]

    @property
    def ready(self) -> bool:
        """Whether it had ended when it was read last."""
        return self.document["ready"]

    @property
    def queue(self) -> str:
        """The queue in which it waits or waited."""
        return self.document["queue"]

    @property
    def attempt(self) -> int:
        """The number of the current or last attempt; 0 before the first."""
        return self.document["attempt"]

    @property
    def progress(self) -> ProgressDocument | None:
        """The progress that it had reported."""
        return self.document["progress"]

    @property
    def error(self) -> ErrorDocument | None:
        """Why it failed, or why its latest attempt did."""
        return self.document["error"]

    @property
    def created_at(self) -> datetime:
        """When it was accepted."""
        return datetime.fromisoformat(self.document["created_at"])

    def __repr__(self) -> str:
        state = f" {self.name!r} {self.state}" if self._document else ""
        return f"<{type(self).__name__} {self._id}{state}>"

    def __eq__(self, handle: object) -> bool:
        return isinstance(handle, Handle) and self._id == handle.id

    def __hash__(self) -> int:
        return hash(self._id)

    def reference(self, pointer: str = "") -> dict[str, str]:
        """Its result, as a value in the input of another task: `submit("add", x=first.reference(), y=5)`.

        The other task runs after this one. `pointer` (RFC 6901) is a part of the result: `first.reference("/items/0")`.
        """
        return Reference(self._id, pointer).to_json()

    @task_call
    def refresh(self, *, timeout: float | None = None) -> Flow[Any]:
        """Read the task again; returns the handle itself."""
        self._document = yield from read(self._id, self._of.deadline(timeout))
        return self

    @task_call
    def wait(self, *, timeout: float | None = None) -> Flow[Any]:
        """Wait for the end of the task; returns the handle itself.

        Raises `TimedOut` if it has not ended within `timeout` (seconds; None: it may take as long as it does).
        The API holds the request meanwhile: nothing is polled. The wait goes on after a restart of the API.
        """
        self._document = yield from ended(self._id, self._document, self._of.long_deadline(timeout))
        return self

    @call
    def result(self, *, timeout: float | None = None) -> Flow[Value]:
        """Wait for the end of the task, and return its result; one that is a file is a `celeriac.File`.

        Raises `TaskFailed` (or `TaskCancelled`, `TaskExpired`) if it ends without one, and `TimedOut` as `wait` does.
        """
        document = self._document if self._document and "result" in self._document else None
        self._document = yield from ended(self._id, document, self._of.long_deadline(timeout))
        value: Any = result_of(self._document, lambda *_: self)
        if self._convert is not None:
            return self._convert(value)
        file_or_value: Value = yield from with_file(self._id, value, self._of.deadline(timeout))
        return file_or_value

    @call
    def result_file(self, *, timeout: float | None = None) -> Flow["File"]:
        """Wait for the end of the task, and return its result as a `celeriac.File`: a file, or bytes.

        The content is in memory. Raises as `result`, and `UnexpectedAnswer` if the result is something else.
        """
        self._document = yield from ended(self._id, self._document, self._of.long_deadline(timeout))
        result_of(self._document, lambda *_: self)
        return (yield from fetched(self._id, self._of.deadline(timeout)))

    @series
    def events(self, *, after: str | None = None) -> Series[Event]:
        """Follow the task: everything that has happened so far, then each event as it comes; the last one is `Done`.

        The stream continues by itself where it was, also after a restart of the API.
        """
        yield from task_events(self._id, after, self._of.long_deadline(None))

    @task_call
    def cancel(self, *, terminate: bool = False, timeout: float | None = None) -> Flow[Any]:
        """Cancel the task, or ask it to end if it runs; returns the handle itself. `terminate` ends it then.

        Raises `TaskEnded` if it has ended in another state.
        """
        request = self._request("cancel", b'{"terminate":true}' if terminate else None, {})
        self._document = task_document_of((yield from answer_to(request, self._of.deadline(timeout))))
        return self

    @task_call
    def retry(
        self,
        *,
        input: Fields | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> Flow[Any]:
        """Run the task again, with the same input or another one; returns the handle of the new task.

        Raises `TaskNotEnded` if it has not ended.
        """
        body = None if input is None else b'{"input":%b}' % input_json(input)
        key = new_key() if idempotency_key is None else idempotency_key
        headers = {"Idempotency-Key": key, **trace_headers()}
        request = self._request("retry", body, headers)
        document = task_document_of((yield from answer_to(request, self._of.deadline(timeout))))
        handle = self._of.handle(document["task_id"], document)
        return handle if self._convert is None else handle.converted(self._convert)

    @call
    def input(self, *, timeout: float | None = None) -> Flow[dict[str, Any]]:
        """The input of the task; hidden values are `"hidden"`."""
        request = Request("GET", path_of("tasks", self._id, "input"))
        return object_of((yield from answer_to(request, self._of.deadline(timeout))))

    @call
    def forget(self, *, timeout: float | None = None) -> Flow[None]:
        """Delete the record and the result of the task, which has ended. Raises `TaskNotEnded` if it has not."""
        request = Request("DELETE", path_of("tasks", self._id))
        try:
            yield from answer_to(request, self._of.deadline(timeout))
        except TaskGone:
            return  # it is forgotten already, perhaps by a request whose answer was lost

    def _request(self, action: str, body: bytes | None, headers: Mapping[str, str]) -> Request:
        typed = headers if body is None else {**headers, **JSON}
        return Request("POST", path_of("tasks", self._id, action), typed, body)
