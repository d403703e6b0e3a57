"""The door of one task definition: its input comes in, is validated and accepted, and the answer goes out."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from celeriac.contract.definition import Definition
from celeriac.ledger.ledger import Ledger
from celeriac.ledger.model.submission import Accepted, Options, Submission
from celeriac.ledger.model.task import Task
from celeriac.ledger.protocol.message import encoded_input, envelope
from celeriac.settings import Settings
from celeriac_api.acceptance import accept, accepted_headers
from celeriac_api.request import body
from celeriac_api.request.accept_header import prefers_events
from celeriac_api.request.judgement import Judge
from celeriac_api.request.new_id import new_id
from celeriac_api.request.options import asked_options, asks_for_options, fingerprint_of
from celeriac_api.request.wait import asked_wait, wait_for_end
from celeriac_api.response.errors import MalformedJSON, ResultGone
from celeriac_api.response.json_bytes import Answer
from celeriac_api.response.task_document import fill, new_task, queued_template, task_document
from celeriac_api.server.prefix import address

# The events of a task that was just accepted, as an answer.
Stream = Callable[[Accepted], Response]


class Door:
    """Prepared once for a definition, used for every request."""

    def __init__(
        self,
        definition: Definition,
        validator: type[BaseModel],
        settings: Settings,
        ledger: Ledger,
        stream: Stream,
        judge: Judge,
    ) -> None:
        """What is the same for every task of this definition is made here."""
        self._name = definition.name
        self._required = definition.required
        self._validator = validator
        self._queue = definition.queue or settings.default_queue
        hard, soft = definition.time_limits(settings.soft_time_limit)
        self._envelope = envelope(
            task=definition.celery_name, queue=self._queue, time_limit=hard, soft_time_limit=soft
        )
        self._queued = queued_template(name=self._name, queue=self._queue)
        self._settings = settings
        self._ledger = ledger
        self._stream = stream
        self._judge = judge

    def checked(self, raw: bytes) -> bytes:
        """The input that this body is, valid for the definition. No body is `{}`, where no parameter is required."""
        if raw:
            body.validate(raw, self._validator)
            return raw
        if not self._required:
            return b"{}"
        raise MalformedJSON(
            f"The body is empty: send a JSON object with {', '.join(map(repr, self._required))}."
        )

    def fitting(self, input_json: bytes, *, at: str) -> bytes:
        """This input, valid for the definition; it is a part (at this JSON pointer) of a body that was checked."""
        body.fit(input_json, self._validator, at=at)
        return input_json

    async def submit(self, request: Request, input_json: bytes) -> Response:
        """202 with the task document, or 200 if it ended while the client was ready to wait, or wants its events.

        The input is valid.
        """
        seconds = asked_wait(request)
        options = await self._options(request, input_json) if asks_for_options(request) else None
        if prefers_events(request):
            return self._stream(await accept(self._ledger, self.submission(new_id(), input_json, options)))
        if options is not None:
            return await self.submit_with(request, new_id(), input_json, options, seconds=seconds)
        submission = self.submission(new_id(), input_json)
        if seconds is None:
            accepted = await accept(self._ledger, submission)
            document = fill(self._queued, task_id=accepted.task_id, created_at=accepted.created_at)
            return Answer(document, 202, **accepted_headers(accepted))
        begin = partial(self._accept_task, submission)
        task = await wait_for_end(self._ledger, submission.task_id, begin, seconds=seconds, request=request)
        return self._after_wait(task, seconds)

    async def submit_as(self, request: Request, task_id: str, input_json: bytes) -> Response:
        """The same under an id that the client has chosen, which is its idempotency key at once."""
        options = await self._options(request, input_json) or Options()
        fingerprint = await self._judge.judge(input_json, partial(fingerprint_of, request, self._name))
        options = replace(options, key=None, fingerprint=fingerprint)
        seconds = asked_wait(request)
        if prefers_events(request):
            return self._stream(await accept(self._ledger, self.submission(task_id, input_json, options)))
        return await self.submit_with(request, task_id, input_json, options, seconds=seconds)

    async def submit_with(
        self, request: Request, task_id: str, input_json: bytes, options: Options, *, seconds: int | None
    ) -> Response:
        """The same for a submission with options, whose input is valid. Its key may belong to an earlier task."""
        accepted = await accept(self._ledger, self.submission(task_id, input_json, options))
        headers = accepted_headers(accepted)
        if seconds is None:
            task = new_task(accepted, name=self._name, queue=self._queue)
            return Answer(task_document(task, show_traceback=False), 202, **headers)
        read = partial(self._ledger.read, accepted.task_id)
        ended = await wait_for_end(self._ledger, accepted.task_id, read, seconds=seconds, request=request)
        return self._after_wait(ended, seconds, **headers)

    def submission(self, task_id: str, input_json: bytes, options: Options | None = None) -> Submission:
        """The wish for a task with this input, which is valid."""
        encoded = encoded_input(input_json)
        return Submission(
            task_id, self._name, self._queue, self._envelope, encoded, options.encode() if options else ""
        )

    async def _options(self, request: Request, input_json: bytes) -> Options | None:
        return await self._judge.judge(
            input_json, partial(asked_options, request, self._settings, self._name)
        )

    async def _accept_task(self, submission: Submission) -> Task:
        return new_task(await accept(self._ledger, submission), name=self._name, queue=self._queue)

    def _after_wait(self, task: Task | None, seconds: int, **headers: str) -> Response:
        if task is None:
            raise ResultGone(
                "The task was accepted, but another program that uses this Redis deleted its record."
            )
        content = task_document(task, show_traceback=self._settings.show_tracebacks)
        headers = {
            "location": address(f"/tasks/{task.task_id}"),
            **headers,
            "preference_applied": f"wait={seconds}",
        }
        if task.ready:
            headers.pop("retry_after", None)
            return Answer(content, 200, **headers)
        return Answer(content, 202, **{"retry_after": "1", **headers})
