"""Results that are files: from JSON, or as their bytes."""

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from celeriac.client.errors import UnexpectedAnswer
from celeriac.client.flow.deadline import Deadline
from celeriac.client.flow.retries import answer_to
from celeriac.client.flow.steps import Flow
from celeriac.client.wire.request import Answer, Request, path_of

if TYPE_CHECKING:
    from celeriac.files.file import File

_IN_JSON = frozenset(("data", "size", "name", "content_type"))
_LINK = frozenset(("href", "size", "name", "content_type"))
_NAME = re.compile(r"filename(\*=utf-8''([^;]*)|=\"([^\"]*)\")", re.IGNORECASE)


def with_file(task_id: str, value: Any, deadline: Deadline) -> Flow[Any]:
    """The same value, or the file that it stands for."""
    if not isinstance(value, dict):
        return value
    if value.keys() == _IN_JSON:
        from celeriac.files.file import File  # noqa: PLC0415 - pydantic is slow to load
        from celeriac.files.form import decoded  # noqa: PLC0415 - likewise

        return File(decoded(value["data"]), name=value["name"], content_type=value["content_type"])
    if value.keys() == _LINK:
        return (yield from fetched(task_id, deadline))
    return value


def fetched(task_id: str, deadline: Deadline) -> Flow["File"]:
    """The result of a task that has succeeded, as its bytes."""
    request = Request("GET", path_of("tasks", task_id, "result"), {"Accept": "*/*"})
    answer = yield from answer_to(request, deadline)
    if "content-disposition" not in answer.headers:
        raise UnexpectedAnswer(f"The result of task {task_id} is not a file.", status=answer.status)
    return _file(answer)


def _file(answer: Answer) -> "File":
    from celeriac.files.file import File  # noqa: PLC0415 - likewise

    match = _NAME.search(answer.headers["content-disposition"])
    name = None if match is None else unquote(match[2]) if match[2] is not None else match[3]
    return File(answer.body, name=name, content_type=answer.headers.get("content-type"))
