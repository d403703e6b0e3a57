"""Chooses what waits in a queue for a submission, and in which list."""

from dataclasses import dataclass, replace
from functools import partial

from celeriac.contract.definition import Definition
from celeriac.ledger.model.submission import Options
from celeriac.ledger.protocol.app_messages import Waiting
from celeriac.ledger.protocol.kombu_forms import NotWritable, is_marked, typed_text
from celeriac.ledger.protocol.message import Envelope
from celeriac.ledger.protocol.task_message import waiting_for
from celeriac.settings import Settings
from celeriac.values.states import Priority
from celeriac_api.request.body import invalid_input


@dataclass(frozen=True, slots=True)
class WaitingInQueue:
    """What waits in one queue, by priority."""

    normal: Waiting
    low: Waiting

    def chosen(self, options: Options | None) -> tuple[Envelope, Options | None]:
        """What waits for a task with these options, and the options with the list in which it waits.

        422 where the task waits in a list of Celery's choice, whose order an option would change.
        """
        waiting = self.low if options and options.priority is Priority.LOW else self.normal
        if waiting.list is None:
            return waiting.envelope, options
        if options is not None:
            self._require_order(options)
        return waiting.envelope, replace(options or Options(), list=waiting.list)

    def _require_order(self, options: Options) -> None:
        keeps = {Priority.NORMAL, None} | ({Priority.LOW} if self.low != self.normal else set())
        for name, value, is_kept in (
            ("priority", options.chosen_priority, options.chosen_priority in keeps),
            ("fair", options.chosen_fair, options.chosen_fair is None),
        ):
            if not is_kept:
                sentence = "cannot be chosen here: Celery's own routing decides in which order this task of an existing app waits"
                raise invalid_input([(f"/{name}", sentence, value)])


def waiting_in(queue: str, definition: Definition, settings: Settings) -> WaitingInQueue:
    """What waits for the tasks of this definition in this queue."""
    waiting = partial(waiting_for, definition, queue=queue, settings=settings)
    return WaitingInQueue(normal=waiting(is_low=False), low=waiting(is_low=True))


def is_typed(definition: Definition) -> bool:
    """Whether its tasks take objects of Python that JSON has no form for."""
    return definition.app is not None and is_marked(definition.input_schema)


def typed_input(raw: bytes, definition: Definition, *, at: str) -> bytes:
    """The input with kombu's forms of such objects. A value without one is a problem at its place."""
    try:
        return typed_text(raw, definition.input_schema)
    except NotWritable as misfit:
        raise invalid_input([(at + misfit.pointer, misfit.sentence, None)]) from misfit
