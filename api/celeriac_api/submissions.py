"""Accepts the tasks of one definition: reads, validates, accepts and answers."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_json

from celeriac.access.allowances import Allowances
from celeriac.contract.built_in import built_in
from celeriac.contract.catalog import PerDefinition, catalog_of
from celeriac.contract.definition import Definition
from celeriac.contract.fit.results import ResultFit
from celeriac.contract.options.flow import NO_FLOW, Flow
from celeriac.files.form import Blobs
from celeriac.files.store.store import Blob
from celeriac.ledger.ledger import Ledger
from celeriac.ledger.model.dependencies import When
from celeriac.ledger.model.flow import FlowKeys
from celeriac.ledger.model.notification import Notification
from celeriac.ledger.model.submission import Accepted, Options, Submission
from celeriac.ledger.model.submitter import Submitter
from celeriac.ledger.model.task import Task
from celeriac.ledger.protocol.message import encoded_input
from celeriac.settings import Settings
from celeriac.values.addresses.public_address import networks_of
from celeriac.values.addresses.webhook_url import refusal_of_host, webhook_url
from celeriac.values.states import Priority
from celeriac_api.acceptance import accept
from celeriac_api.access.caller import OPEN, Caller
from celeriac_api.access.seats import Seats
from celeriac_api.definitions.input_models import InputModels
from celeriac_api.definitions.live_catalog import LiveCatalog
from celeriac_api.request import body
from celeriac_api.request.judgement import Judge
from celeriac_api.request.new_id import new_id
from celeriac_api.request.schema.input_schema import InputSchema
from celeriac_api.request.submission.flow_keys import flow_keys, found_key
from celeriac_api.request.submission.options import NO_OPTIONS, SubmissionOptions
from celeriac_api.request.submission.references import References, fit_with_references, refuse_misfits
from celeriac_api.request.submission.waiting import is_typed, typed_input, waiting_in
from celeriac_api.request.task_id import find
from celeriac_api.request.upload.received import Received
from celeriac_api.request.wait import wait_for_end
from celeriac_api.response.errors import MalformedJSON, UnknownTaskName
from celeriac_api.response.near_names import HOW_NAMES_COME, listed, shown, suggestion
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


class Submissions:
    """All definitions by name, and the single way to accept their tasks."""

    def __init__(
        self,
        catalog: LiveCatalog,
        input_models: InputModels,
        settings: Settings,
        ledger: Ledger,
        judge: Judge,
        result_fit: ResultFit,
    ) -> None:
        """Definitions of this catalog are prepared at their first use."""

        def prepare(definition: Definition) -> PreparedDefinition:
            return PreparedDefinition(definition, input_models.of(definition), settings)

        self.result_fit = result_fit
        self._catalog = catalog
        self._prepared = PerDefinition(catalog, prepare)
        self._built_in = PerDefinition(catalog_of(built_in()), prepare)
        self._key_ttl = settings.idempotency_ttl
        self.most_file_bytes = settings.max_file_bytes_per_owner
        self._webhook_networks = networks_of(settings.webhook_allow)
        self._ledger = ledger
        self._allowances = Allowances(settings)
        self.waits = Seats("waits", usual=settings.waits, share=settings.owner_share)
        self.judge = judge

    def definition(self, name: str) -> PreparedDefinition:
        """The definition of this name; `UnknownTaskName` suggests another one."""
        prepared = self._prepared.get(name) or self._built_in.get(name)
        if prepared is None:
            named = self._catalog.by_path.get(name)  # by an alias
            prepared = self._prepared.get(named.name) if named is not None else None
        if prepared is None:
            raise self._unknown(name)
        return prepared

    def submitter(self, caller: Caller) -> Submitter | None:
        """Whose tasks a caller submits, and how many; None in open access."""
        return self._allowances.submitter(owner=caller.owner, key=caller.name, limits=caller.limits)

    async def submit(
        self,
        name: str,
        task_input: Mapping[str, Any] | None = None,
        options: SubmissionOptions | None = None,
        *,
        task_id: str | None = None,
        caller: Caller = OPEN,
    ) -> Task:
        """Submit a task with this input, for a program in this process; raises a `Problem` if the input is not valid.

        With a `task_id`, the task has this id, and a repeated submission returns the same task.
        """
        valid = await self.judge.judge(to_json(task_input or {}), self.definition(name).checked)
        if options is not None and options.queue is not None:
            valid = await self.in_queue(valid, options.queue, at="/queue")
        valid = valid.with_options(options)
        accepted = await self.accept(valid, options, task_id=task_id, caller=caller)
        return valid.new_task(accepted, owner=caller.owner)

    async def in_queue(self, valid: ValidInput, queue: str, *, at: str) -> ValidInput:
        """The same input for a task in this queue: one of the catalog, or one that a live worker serves.

        `InvalidInput` names the known queues; `at` is where the queue was given.
        """
        queues = self._catalog.queues.all if queue in self._catalog.queues.all else await self.known_queues()
        definition = self.definition_in_queue(valid.definition, queue, queues, at=at)
        return replace(valid, definition=definition)

    async def known_queues(self) -> frozenset[str]:
        """The queues of the catalog, and those that a live worker serves."""
        return self._catalog.queues.all | await self._ledger.served_queues()

    def definition_in_queue(
        self, definition: PreparedDefinition, queue: str, queues: Collection[str], *, at: str
    ) -> PreparedDefinition:
        """The definition for tasks in this queue, which is one of these; `InvalidInput` if it is not, or not for its kind of tasks."""
        queues = frozenset(queues) - self._catalog.queues.unfit(definition.declared)
        if queue not in queues:
            raise body.invalid_input([(at, f"should be a known queue: {listed(sorted(queues))}", queue)])
        return definition.in_queue(queue)

    async def refuse_misfits(self, valid: ValidInput, *, when: When, caller: Caller, at: str) -> None:
        """`InvalidInput` if the input (at this JSON pointer of the body) refers to a result that cannot fit."""
        if not valid.references:
            return
        names = await self.names(valid.needed, caller=caller)
        into = valid.definition.name
        check = partial(refuse_misfits, valid.references, names, self.result_fit, into=into, when=when, at=at)
        await self.judge.judge(valid.json, lambda _: check())

    async def names(self, ids: Sequence[str], *, caller: Caller) -> dict[str, str]:
        """The names of the definitions of those tasks that exist, and that the caller sees."""
        return await self._ledger.names(ids, owner=caller.sees)

    def require_targets(self, notify: Collection[Notification], *, at: str = "") -> None:
        """`InvalidInput` where the text of a URL shows that nothing is sent there; `at` is where the submission was given."""
        for place, (url, _) in enumerate(notify):
            self.require_target(url, at=f"{at}/notify/{place}/url")

    def require_target(self, url: str, *, at: str) -> None:
        """The same for the URL at this place of a request."""
        if sentence := refusal_of_host(webhook_url(url).host, self._webhook_networks):
            raise body.invalid_input([(at, sentence, url)])

    async def accept(
        self,
        valid: ValidInput,
        options: SubmissionOptions | None = None,
        *,
        task_id: str | None = None,
        caller: Caller = OPEN,
    ) -> Accepted:
        """The task as it was accepted: a new one, or that of an earlier submission with the same key or id."""
        has_options = options or task_id or valid.definition.flow is not NO_FLOW
        resolved = await self._resolve(valid, options, task_id, caller) if has_options else None
        submission = await self._submission(valid, task_id, resolved, caller)
        return await accept(self._ledger, submission)

    async def prepared_options(self, valid: ValidInput, options: SubmissionOptions, *, caller: Caller) -> str:
        """The options as accept_tasks.lua reads them, for tasks that have ids of their own, and are accepted later."""
        resolved = await self._resolve(valid, options, new_id(), caller)
        return valid.definition.submission("", valid.json, resolved, at=valid.at).options

    async def accept_and_wait(
        self,
        valid: ValidInput,
        options: SubmissionOptions | None = None,
        *,
        task_id: str | None = None,
        caller: Caller = OPEN,
        seconds: int,
        until_gone: Callable[[], Awaitable[None]],
    ) -> tuple[Accepted, Task | None]:
        """The same, with the task at its end or after `seconds`; None if its record was deleted meanwhile."""
        resolved = await self._resolve(valid, options, task_id, caller)
        submission = await self._submission(valid, task_id, resolved, caller)
        wait = partial(wait_for_end, self._ledger, owner=caller.sees, seconds=seconds, until_gone=until_gone)
        if resolved is not None and resolved.may_be_earlier:
            # It may be a task that was accepted before, under an id of its own.
            accepted = await accept(self._ledger, submission)
            return accepted, await wait(
                accepted.task_id, partial(self._ledger.read, accepted.task_id, owner=caller.sees)
            )

        async def begin() -> Task:
            nonlocal accepted
            accepted = await accept(self._ledger, submission)
            return valid.new_task(accepted, owner=caller.owner)

        task = await wait(submission.task_id, begin)
        return accepted, task

    async def task_of(self, valid: ValidInput, accepted: Accepted, caller: Caller) -> Task:
        """The task that was accepted; if it was there before under its unique key, as it is now."""
        if accepted.exists:
            return await find(self._ledger, accepted.task_id, owner=None)
        return valid.new_task(accepted, owner=caller.owner)

    async def _submission(
        self, valid: ValidInput, task_id: str | None, resolved: Options | None, caller: Caller
    ) -> Submission:
        definition, submitter = valid.definition, self.submitter(caller)
        if valid.files:
            resolved = replace(resolved or Options(), files=valid.files, most_file_bytes=self.most_file_bytes)
        if definition.looks_for_key(resolved):
            make = partial(
                definition.submission, task_id or new_id(), options=resolved, submitter=submitter, at=valid.at
            )
            return await self.judge.judge(valid.json, make)
        return definition.submission(task_id or new_id(), valid.json, resolved, submitter)

    async def _resolve(
        self, valid: ValidInput, options: SubmissionOptions | None, task_id: str | None, caller: Caller
    ) -> Options | None:
        name, sees_all = valid.definition.name, caller.sees is None
        if options is not None and options.notify:
            self.require_targets(options.notify)
        chosen, defaults = options.flow if options else NO_FLOW, valid.definition.flow
        if task_id is None and options is None and defaults is NO_FLOW:
            return None
        options = options or NO_OPTIONS
        if task_id is None:
            resolve = partial(options.resolve, name, key_ttl=self._key_ttl, sees_all=sees_all)
        else:
            resolve = partial(options.resolve_with_id, name, sees_all=sees_all)
        resolved = await self.judge.judge(valid.json, resolve)
        if chosen is NO_FLOW and defaults is NO_FLOW:
            return resolved
        find_keys = partial(valid.definition.flow_keys, chosen, at=valid.at)
        return replace(resolved, flow=await self.judge.judge(valid.json, find_keys))

    def _unknown(self, name: str) -> UnknownTaskName:
        return UnknownTaskName(
            f"No task is named {shown(name)}.{suggestion(name, self._catalog)} The tasks are: {listed(self._catalog)}. "
            f"{HOW_NAMES_COME}"
        )
