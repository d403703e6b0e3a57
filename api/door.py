"""The door of one task definition: its input comes in, is validated and accepted, and the answer goes out."""

from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from api import body
from api.answer import Answer
from api.document import fill, queued, queued_template, task_document
from api.errors import ResultGone, SubmissionInDoubt
from api.identity import new_id
from api.waiting import asked_wait, wait_for_end
from ledger.connection import InDoubt
from ledger.ledger import Ledger, Submission
from ledger.settings import Settings
from ledger.task import Task
from ledger.wire import envelope
from worker.contract import Definition


class Door:
    """Prepared once for a definition, used for every request."""

    def __init__(self, definition: Definition, settings: Settings, ledger: Ledger) -> None:
        """What is the same for every task of this definition is made here."""
        self._name = definition.name
        self._input_model = definition.input_model
        self._queue = definition.queue or settings.default_queue
        hard, soft = definition.time_limits(settings.soft_time_limit)
        self._envelope = envelope(task=self._name, queue=self._queue, time_limit=hard, soft_time_limit=soft)
        self._queued = queued_template(name=self._name, queue=self._queue)
        self._ledger = ledger
        self._show_tracebacks = settings.show_tracebacks

    async def submit(self, request: Request, input_json: bytes, *, at: str = "") -> Response:
        """202 with the task document, or 200 if it ended while the client was ready to wait.

        Nothing is written before the input (at JSON pointer `at` of the body) is valid.
        """
        body.validate(input_json, self._input_model, at=at)
        seconds = asked_wait(request)
        task_id = new_id()
        message = self._envelope.message(task_id, input_json)
        submission = Submission(task_id, self._name, self._queue, message)
        if seconds is None:
            created_at = await self._accept(submission)
            return Answer(
                fill(self._queued, task_id=task_id, created_at=created_at), 202, **_accepted(task_id)
            )
        begin = partial(self._accept_task, submission)
        task = await wait_for_end(self._ledger, task_id, begin, seconds=seconds, request=request)
        return self._after_wait(task, seconds)

    async def _accept(self, submission: Submission) -> int:
        try:
            return await self._ledger.accept(submission)
        except InDoubt as error:
            raise _in_doubt(submission.task_id) from error

    async def _accept_task(self, submission: Submission) -> Task:
        created_at = await self._accept(submission)
        return queued(submission.task_id, name=self._name, queue=self._queue, created_at=created_at)

    def _after_wait(self, task: Task | None, seconds: int) -> Response:
        if task is None:
            raise ResultGone(
                "The task was accepted, but another program that uses this Redis deleted its record."
            )
        content = task_document(task, show_traceback=self._show_tracebacks)
        applied = f"wait={seconds}"
        if task.ready:
            return Answer(content, 200, location=f"/tasks/{task.task_id}", preference_applied=applied)
        return Answer(content, 202, preference_applied=applied, **_accepted(task.task_id))


def _accepted(task_id: str) -> dict[str, str]:
    return {"location": f"/tasks/{task_id}", "retry_after": "1"}


def _in_doubt(task_id: str) -> SubmissionInDoubt:
    return SubmissionInDoubt(
        f"Redis did not answer, so it is unknown whether the task was accepted. Ask for /tasks/{task_id} in a few "
        "seconds: 404 means that it was not, and may be submitted again.",
        headers={"Location": f"/tasks/{task_id}", "Retry-After": "2"},
        task_id=task_id,
    )
