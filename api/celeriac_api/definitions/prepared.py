"""Prepares a definition: it reads inputs, and makes submissions of them."""

from collections.abc import Collection, Mapping
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from pydantic import BaseModel

from celeriac.contract.definition import Definition
from celeriac.contract.options.flow import Flow
from celeriac.files.form import Blobs
from celeriac.files.store.store import Blob
from celeriac.ledger.model.dependencies import When
from celeriac.ledger.model.flow import FlowKeys
from celeriac.ledger.model.submission import Accepted, Options, Submission
from celeriac.ledger.model.submitter import Submitter
from celeriac.ledger.model.task import Task
from celeriac.ledger.protocol.message import encoded_input
from celeriac.settings import Settings
from celeriac.values.states import Priority
from celeriac_api.request.schema.input_schema import InputSchema
from celeriac_api.request.submission.flow_keys import flow_keys, found_key
from celeriac_api.request.submission.options import SubmissionOptions
from celeriac_api.request.submission.references import References, fit_with_references
from celeriac_api.request.submission.waiting import is_typed, typed_input, waiting_in
from celeriac_api.request.upload.received import Received
from celeriac_api.response.errors import MalformedJSON
from celeriac_api.response.task_document import new_task, queued_template


class PreparedDefinition:
    """A task definition, prepared once for all submissions of it."""

    def __init__(self, definition: Definition, model: type[BaseModel] | None, settings: Settings) -> None:
        """What is the same for every task of it is made here. A model is asked, too, where the schema does not say all."""
        self.name = definition.name
        self._waiting_in = partial(waiting_in, definition=definition, settings=settings)
        self._is_typed = is_typed(definition)
        self.priority, self._fair = definition.priority, definition.fair
        self._required = definition.required
        self.hidden, self.flow = definition.hidden, definition.flow
        self._schema = InputSchema(
            definition.input_schema,
            model=model,
            says_all=not definition.checked_by_worker,
            hidden=definition.hidden,
        )
        self._in_queues: dict[str, PreparedDefinition] = {}
        self.declared = definition
        self._wait_in(definition.queue_in(settings))

    def in_queue(self, queue: str) -> "PreparedDefinition":
        """The same for tasks that wait in another queue; there are few queues."""
        if queue == self.queue:
            return self
        if queue not in self._in_queues:
            self._in_queues[queue] = prepared = copy(self)
            prepared._wait_in(queue)  # noqa: SLF001 - its own
        return self._in_queues[queue]

    def _wait_in(self, queue: str) -> None:
        self.queue = queue
        # The document of a task that was just accepted, but for its id and time.
        self.queued = queued_template(name=self.name, queue=queue, priority=self.priority)
        self._waiting = self._waiting_in(queue)

    def checked(self, raw: bytes) -> "ValidInput":
        """The input in this body. An empty body means `{}`, if no parameter is required."""
        if raw:
            self._schema.validate(raw)
            return ValidInput(self, raw)
        if not self._required:
            return ValidInput(self, b"{}")
        raise MalformedJSON(
            f"The body is empty: send a JSON object with {', '.join(map(repr, self._required))}."
        )

    def checked_upload(self, raw: bytes, received: Received) -> "ValidInput":
        """The input in this JSON, which may name the files of its request."""
        self._schema.validate(raw, blobs=received)
        return ValidInput(self, raw, files=tuple(dict.fromkeys(received.blobs)))

    def fitting(self, input_json: bytes, *, at: str, blobs: Blobs | None = None) -> "ValidInput":
        """The validated input from a part (at this JSON pointer) of a checked body. It may name these blobs."""
        self._schema.fit(input_json, at=at, blobs=blobs)
        return ValidInput(self, input_json, at=at)

    def fitting_value(self, input_json: bytes, value: Any, *, at: str) -> None:
        """Check such a part whose value is known."""
        self._schema.fit_value(value, input_json, at=at)

    def fitting_with_references(
        self, input_json: bytes, *, after: Collection[str], when: When, at: str
    ) -> "ValidInput":
        """The same for an input that may refer to results of the tasks in `after`."""
        references = fit_with_references(
            input_json, self._schema, into=self.declared, after=after, when=when, at=at
        )
        return ValidInput(self, input_json, references=references, at=at)

    def flow_keys(self, chosen: Flow, input_json: bytes, *, at: str) -> FlowKeys | None:
        """The keys of these options, and of its own, in this valid input; None if there are no such options."""
        flow = chosen.over(self.flow)
        if not flow.options:
            return None
        return flow_keys(flow, input_json, chosen=chosen, at=at, hidden=self.hidden)

    def looks_for_key(self, options: Options | None) -> bool:
        """Whether a submission with these options reads its input for a key."""
        fair = (options and options.chosen_fair) or self._fair
        return fair is not None and fair.startswith("/")

    def submission(
        self,
        task_id: str,
        input_json: bytes,
        options: Options | None = None,
        submitter: Submitter | None = None,
        *,
        at: str = "",
    ) -> Submission:
        """A submission with this valid input, which is at a JSON pointer of the body."""
        envelope, options = self._waiting.chosen(self._in_order(options, input_json, at))
        if self._is_typed:
            input_json = typed_input(input_json, self.declared, at=at)
        encoded = options.encode() if options else ""
        return Submission(
            task_id, self.name, self.queue, envelope, encoded_input(input_json), encoded, submitter
        )

    def _in_order(self, options: Options | None, input_json: bytes, at: str) -> Options | None:
        """With the priority and the key that the submission chooses, or else the definition has."""
        chosen = (options.chosen_priority, options.chosen_fair) if options else (None, None)
        priority, fair = chosen[0] or self.priority, chosen[1] or self._fair
        if priority is Priority.NORMAL and fair is None:
            return options
        key = None if fair is None else found_key("fair", fair, input_json, at=at, hidden=self.hidden)
        return replace(options or Options(), priority=priority, fair=key)


@dataclass(slots=True)
class ValidInput:
    """The JSON text of an input, valid for a definition."""

    definition: PreparedDefinition
    json: bytes
    # The options beside the input in the body.
    options: Mapping[str, Any] | None = None
    # The results to which it refers.
    references: References = ()
    tags: tuple[str, ...] = ()
    # Its place in the body: a JSON pointer.
    at: str = ""
    # Of the submission; None: that of the definition.
    priority: Priority | None = None
    # The blobs that it names; whoever makes it has just written them.
    files: tuple[Blob, ...] = ()

    def with_options(self, options: SubmissionOptions | None) -> "ValidInput":
        """The same input of a task with these options, which its document shows."""
        if options is None:
            return self
        return replace(self, tags=options.tags, priority=options.priority)

    @property
    def needed(self) -> tuple[str, ...]:
        """The ids of the tasks to whose results it refers."""
        return tuple(dict.fromkeys(reference.task_id for _, reference in self.references))

    def new_task(self, accepted: Accepted, *, owner: str = "") -> Task:
        """The task that was accepted with this input."""
        definition = self.definition
        name, queue = definition.name, definition.queue
        priority = self.priority or definition.priority
        return new_task(accepted, name=name, queue=queue, owner=owner, tags=self.tags, priority=priority)
