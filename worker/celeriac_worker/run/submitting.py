"""Submits the tasks that a running task asks for, as the API would."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from celeriac.client import errors
from celeriac.contract.catalog import Implementations
from celeriac.contract.context import RunIsOver
from celeriac.contract.definition import Definition
from celeriac.contract.fit.results import ResultFit
from celeriac.contract.options.queues import Queues, queues_of
from celeriac.contract.submitting import NewTask
from celeriac.ledger.for_workers import Consumer
from celeriac.ledger.model.dependencies import MOST_AFTER, Dependencies
from celeriac.ledger.model.submission import (
    Conflict,
    IdTaken,
    NoSlot,
    NotUnique,
    Options,
    Parent,
    ParentNotRunning,
    Submission,
    UnknownDependency,
)
from celeriac.ledger.model.submitter import QueueFull, Submitter
from celeriac.ledger.model.task import Gone
from celeriac.ledger.model.trace import Trace
from celeriac.ledger.protocol.message import LOW, encoded_input, envelope
from celeriac.settings import Settings
from celeriac.values.fingerprint import fingerprint_of
from celeriac.values.json.pointer import pointer_to
from celeriac.values.states import Priority
from celeriac_worker.run.new_input import NewInput, checked_input, conflict, invalid, key_taken, refused
from celeriac_worker.run.new_options import Chosen, Rules, chosen_options, rules_of

# How many references of an input are judged, and of how many tasks the names are read.
MOST_NAMES = 250


@dataclass(frozen=True)
class Definitions:
    """What this worker knows of tasks."""

    implementations: Implementations
    settings: Settings

    @cached_property
    def result_fit(self) -> ResultFit:
        """Which results can be part of which inputs."""
        return ResultFit(self.implementations)

    @cached_property
    def queues(self) -> Queues:
        """Those of all definitions."""
        definitions = (implementation.definition for implementation in self.implementations.values())
        return queues_of(definitions, self.settings)


class CheckedTask(NamedTuple):
    """A task that is to be submitted, whose input is valid."""

    task: NewTask
    definition: Definition
    input: NewInput
    after: tuple[str, ...]
    chosen: Chosen
    rules: Rules
    # The one that it continues.
    trace: Trace | None


class Submitting:
    """Submits what one run of a task asks for, while that run has the task."""

    def __init__(
        self, parent: Parent, consumer: Consumer, definitions: Definitions, trace: Callable[[], Trace | None]
    ) -> None:
        """Nothing is asked of Redis before the first submission."""
        self._parent, self._consumer, self._definitions, self._trace = parent, consumer, definitions, trace

    def submit(self, task: NewTask) -> str:
        """The id when the task is accepted, now or by an earlier run. Raises the errors of the client, and `RunIsOver`."""
        return self.accept(self.checked(task))

    def checked(self, task: NewTask) -> "CheckedTask":
        """The task with its input as it is now; nothing is asked of Redis. Raises the errors of the client."""
        implementations, settings = self._definitions.implementations, self._definitions.settings
        if task.name not in implementations:
            raise refused(
                errors.UnknownTaskName,
                404,
                "No task has this name",
                f"This worker knows no task named {task.name!r}. The tasks are: {', '.join(list(implementations)[:20])}.",
            )
        implementation = implementations[task.name]
        checked = checked_input(task, implementation.input_model, largest=settings.max_body_bytes)
        chosen = chosen_options(task)
        rules = rules_of(chosen, implementation.definition, checked.json)
        after = tuple(dict.fromkeys((*task.after, *checked.needed)))
        if len(after) > MOST_AFTER:
            raise invalid([("/after", f"should have at most {MOST_AFTER:,} items")])
        return CheckedTask(task, implementation.definition, checked, after, chosen, rules, self._trace())

    def accept(self, checked_task: "CheckedTask") -> str:
        """The id when it is accepted, now or by an earlier run. Raises likewise, and `RunIsOver`."""
        task, definition, checked, rules = (
            checked_task.task, checked_task.definition, checked_task.input, checked_task.rules,
        )  # fmt: skip
        self._refuse_misfits(task, checked)
        queue = self._queue_of(task, definition)
        options = self._options(checked_task).encode()
        hard, soft = definition.time_limits(self._definitions.settings.soft_time_limit)
        message = envelope(
            task=definition.celery_name,
            queue=queue,
            time_limit=hard,
            soft_time_limit=soft,
            priority=LOW if rules.priority is Priority.LOW else 0,
        )
        encoded = encoded_input(checked.json)
        return self._accept(Submission(task.id, task.name, queue, message, encoded, options, self._submitter))

    @cached_property
    def _submitter(self) -> Submitter | None:
        """The owner of the running task. Its limits are for what comes through the API."""
        return self._consumer.submitter_of(self._parent.task_id)

    def _refuse_misfits(self, task: NewTask, checked: NewInput) -> None:
        if not checked.references:
            return
        owner = self._submitter.owner if self._submitter else ""
        names = self._consumer.names(checked.needed[:MOST_NAMES], owner=owner)
        misfits = self._definitions.result_fit.misfits(
            checked.references[:MOST_NAMES], names, into=task.name, may_be_null=task.when == "ended"
        )
        if wrong := [(pointer_to(path), sentence) for path, _, sentence in misfits]:
            raise invalid(wrong)

    def _queue_of(self, task: NewTask, definition: Definition) -> str:
        if task.queue is None:
            return definition.queue_in(self._definitions.settings)
        queues = self._definitions.queues
        fitting = queues.all - queues.unfit(definition)
        if task.queue not in fitting and (
            task.queue in queues.all or not self._consumer.is_served(task.queue)
        ):
            names = ", ".join(sorted(fitting))
            raise invalid([("/queue", f"should be a known queue: {names} (given: {task.queue!r})")])
        return task.queue

    def _options(self, checked_task: "CheckedTask") -> Options:
        task, _, checked, after, chosen, rules, trace = checked_task
        dependencies = Dependencies(
            ids=after,
            when=task.when,
            delay=task.delay,
            references=checked.needed,
            sees_all=not self._submitter,
        )
        return Options(
            delay=None if after else task.delay,
            dependencies=dependencies if after else None,
            start_within=task.expires,
            chosen_queue=task.queue,
            tags=task.tags,
            priority=rules.priority,
            fair=rules.fair,
            chosen_priority=chosen.priority,
            chosen_fair=chosen.fair,
            flow=rules.flow,
            trace=trace,
            parent=self._parent,
            fingerprint=_fingerprint(task, after, chosen, checked.json),
            # So that another run gets the same task again, where this one got that which has the unique key.
            key=fingerprint_of(f"\0submission\0{task.id}") if rules.flow and rules.flow.unique else None,
            key_ttl=self._definitions.settings.idempotency_ttl,
        )

    def _accept(self, submission: Submission) -> str:
        try:
            return self._consumer.accept(submission).task_id
        except Gone:
            return submission.task_id  # an earlier run has submitted it, and it has ended and is forgotten
        except ParentNotRunning as over:
            raise RunIsOver(
                f"Another run of task {over} may have begun, for this one was taken for lost: it submits nothing any more."
            ) from over
        except (Conflict, IdTaken) as earlier:
            raise conflict(submission.task_id) from earlier
        except (NotUnique, NoSlot) as taken:
            raise key_taken(taken) from taken
        except UnknownDependency as unknown:
            raise refused(
                errors.DependencyNotFound,
                422,
                "No task has an id of `after`",
                f"`after` has the id {unknown}, and no task has it: it was never accepted here, or is forgotten.",
                dependency=str(unknown),
            ) from unknown
        except QueueFull as full:
            raise refused(
                errors.QueueFull,
                503,
                "The queue is full",
                f"As many tasks wait in queue {full.queue!r} as may (CELERIAC_MAX_QUEUE_DEPTH).",
                queue=full.queue,
            ) from full


def trace_in(request: Any) -> Trace | None:
    """The trace of the message of a running task."""
    traceparent = getattr(request, "traceparent", None)
    return Trace(traceparent, getattr(request, "tracestate", None) or "") if traceparent else None


def _fingerprint(task: NewTask, after: tuple[str, ...], chosen: Chosen, input_json: bytes) -> str:
    """The same for equal submissions."""
    times = [duration and duration.total_seconds() for duration in (task.delay, task.expires)]
    options: Mapping[str, Any] = {
        "after": sorted(after),
        "when": task.when,
        "tags": sorted(task.tags),
        "priority": chosen.priority,
        "fair": chosen.fair,
        "flow": chosen.flow.to_json(),
    }
    whole = [task.name, json.loads(input_json), times, task.queue, options]
    return fingerprint_of(json.dumps(whole, sort_keys=True))
