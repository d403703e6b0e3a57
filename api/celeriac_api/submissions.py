"""Accepts the tasks of one definition: reads, validates, accepts and answers."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from pydantic_core import to_json

from celeriac.access.allowances import Allowances
from celeriac.contract.built_in import built_in
from celeriac.contract.catalog import PerDefinition, catalog_of
from celeriac.contract.definition import Definition
from celeriac.contract.fit.results import ResultFit
from celeriac.contract.options.flow import NO_FLOW
from celeriac.ledger.ledger import Ledger
from celeriac.ledger.model.dependencies import When
from celeriac.ledger.model.notification import Notification
from celeriac.ledger.model.original import Original
from celeriac.ledger.model.submission import Accepted, Options, Submission
from celeriac.ledger.model.submitter import Submitter
from celeriac.ledger.model.task import Task
from celeriac.settings import Settings
from celeriac.values.addresses.public_address import networks_of
from celeriac.values.addresses.webhook_url import refusal_of_host, webhook_url
from celeriac_api.acceptance import accept
from celeriac_api.access.caller import OPEN, Caller
from celeriac_api.access.seats import Seats
from celeriac_api.definitions.input_models import InputModels
from celeriac_api.definitions.live_catalog import LiveCatalog
from celeriac_api.definitions.prepared import PreparedDefinition, ValidInput
from celeriac_api.request import body
from celeriac_api.request.judgement import Judge
from celeriac_api.request.new_id import new_id
from celeriac_api.request.submission.options import NO_OPTIONS, SubmissionOptions
from celeriac_api.request.submission.references import refuse_misfits
from celeriac_api.request.task_id import find
from celeriac_api.request.wait import wait_for_end
from celeriac_api.response.errors import UnknownTaskName
from celeriac_api.response.near_names import HOW_NAMES_COME, listed, shown, suggestion


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

    def definition_to_repeat(self, original: Original) -> PreparedDefinition:
        """The one for a task that was accepted earlier; `UnknownTaskName` if there is none any more."""
        try:
            return self.definition(original.name)
        except UnknownTaskName as unknown:
            name = shown(original.name)
            reasons = [each.refusal for each in self._catalog.refused if each.name == original.name]
            if reasons:
                sentence = f"The definition of {name} is not offered: {reasons[0]}"
            elif original.message is None:
                sentence = f"The definition of {name} is gone since the task was accepted. {HOW_NAMES_COME}"
            else:
                sentence = (
                    f"Celery published the task, and no definition of {name} is offered. {HOW_NAMES_COME}"
                )
            raise UnknownTaskName(f"The task cannot run again. {sentence}") from unknown

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
