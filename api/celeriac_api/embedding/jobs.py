"""Submits tasks without HTTP, for the program that has mounted the API."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from celeriac.access.key import checked_name
from celeriac.access.scopes import Scope
from celeriac.ledger.ledger import Ledger
from celeriac.ledger.model.dependencies import When
from celeriac.ledger.model.task import Task
from celeriac.values.states import Priority
from celeriac_api.access.caller import OPEN, Caller, caller_with
from celeriac_api.request.parameter_types import Tag
from celeriac_api.request.submission.options import NO_OPTIONS, Key, SubmissionOptions
from celeriac_api.response.address import under
from celeriac_api.response.errors import TaskNotFound
from celeriac_api.response.task_document import task_document
from celeriac_api.submissions import Submissions

Document = dict[str, Any]
_TAGS: TypeAdapter[list[str]] = TypeAdapter(list[Tag])


@dataclass(frozen=True)
class SubmittedTask:
    """A task that was accepted."""

    id: str
    _jobs: "Jobs" = field(repr=False, compare=False)

    async def read(self) -> Document:
        """The task document as it is now, the same as `GET /tasks/{task_id}` returns."""
        return await self._jobs.read(self.id)

    async def wait(self, seconds: float | None = None) -> Document:
        """The task document at the end of the task, or after `seconds`, or when this program is stopping.

        Nothing is polled.
        """
        return await self._jobs.wait(self.id, seconds)


class Jobs:
    """What `celeriac.mount` returns. A refused call raises an error of celeriac_api/response/errors.py."""

    def __init__(self, submissions: Submissions, ledger: Ledger, *, path: str, tracebacks: bool) -> None:
        """`path` is the one of the mount, with which the links in documents begin."""
        self._submissions, self._ledger = submissions, ledger
        self._path, self._tracebacks = path, tracebacks

    async def submit(  # noqa: PLR0913 - each is an option of its own
        self,
        name: str,
        task_input: Mapping[str, Any] | None = None,
        *,
        delay: timedelta | None = None,
        eta: datetime | None = None,
        expires: timedelta | None = None,
        after: Iterable[SubmittedTask | str] = (),
        when: When = When.SUCCEEDED,
        queue: str | None = None,
        priority: Priority | None = None,
        fair: str | None = None,
        tags: Iterable[str] = (),
        key: str | None = None,
        owner: str | None = None,
    ) -> SubmittedTask:
        """Accept a task like `POST /{name}`, with the same options; `eta` is an aware time, and excludes `delay`.

        `InvalidInput` lists the values that are not valid, `UnknownTaskName` the known names. A repeated submission with
        the same `key` returns the same task. The task belongs to `owner`: keys of this owner see it, and it counts
        towards the owner's limits (`LimitReached`). Without an owner, only keys with the scope `admin` see it. It runs `after`
        these tasks. `queue` is a known queue in place of that of the definition; tasks of this
        `priority` go before or after others, and those with a key `fair` take turns by it.
        `tags` are words for the filter of lists.
        """
        caller = _program_of(owner) if owner is not None else OPEN
        options = SubmissionOptions(
            delay=delay,
            eta=eta,
            expires=expires,
            after=tuple(task.id if isinstance(task, SubmittedTask) else task for task in after),
            when=when,
            queue=queue,
            priority=Priority(priority) if priority else None,
            fair=fair,
            tags=tuple(dict.fromkeys(_TAGS.validate_python(list(tags)))),
            key=Key(text=key, owner=caller.owner) if key else None,
        )
        with under(self._path):
            task = await self._submissions.submit(
                name, task_input, None if options == NO_OPTIONS else options, caller=caller
            )
        return SubmittedTask(task.task_id, self)

    async def read(self, task_id: str) -> Document:
        """The document of this task as it is now. `TaskNotFound` when there is none, `Gone` when it is forgotten."""
        return self._document(task_id, await self._ledger.read(task_id, owner=None))

    async def wait(self, task_id: str, seconds: float | None = None) -> Document:
        """The document of this task at its end, or after `seconds`, or when this program is stopping."""
        end = await self._ledger.watch.follow(task_id)
        try:
            task = await self._ledger.read(task_id, owner=None)
            if task is None or task.ready:
                return self._document(task_id, task)
            await asyncio.wait([end], timeout=seconds)
            task = end.result() if end.done() else None
            return await self.read(task_id) if task is None else self._document(task_id, task)
        finally:
            self._ledger.watch.leave(task_id, end)

    def _document(self, task_id: str, task: Task | None) -> Document:
        if task is None:
            raise TaskNotFound(
                f"No task has the id {task_id!r}: it was never accepted here, or its record expired long ago."
            )
        with under(self._path):
            document: Document = json.loads(task_document(task, show_traceback=self._tracebacks))
        return document


def _program_of(owner: str) -> Caller:
    """This program, submitting for an owner; `ValueError` where the text cannot be the name of one."""
    return caller_with(checked_name(owner), owner, (Scope.SUBMIT,))
