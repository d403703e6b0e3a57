"""Submits tasks that run one after another, and tasks that gather the results of others."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, TypeAlias

from celeriac.client.calls.described import Described, task_document_of
from celeriac.client.calls.many.step import Step
from celeriac.client.calls.submission import Options, ids_of, submission
from celeriac.client.flow.call import task_call
from celeriac.client.flow.retries import answer_to
from celeriac.client.flow.steps import Flow
from celeriac.client.wire.request import Request

# The API takes as many ids in `after`.
MOST_SIDE_BY_SIDE = 1_000

# Several steps at one place run side by side.
Stage: TypeAlias = Step | Iterable[Step]


class Chains(Described):
    """`chain` and `gather`."""

    @task_call
    def chain(self, *stages: Stage, timeout: float | None = None) -> Flow[Any]:
        """Submit steps that run one after another, and return the handle of the last: `chain(first, second, last)`.

        Each runs when the one before has succeeded, or as its own `when` has it. A list of steps at one place runs side by side, and the next
        step after all of them. A step uses a result before it by `first.reference()`.
        If this call is lost in the middle, call it again with the same steps: each is one task. `timeout` is for each request.
        """
        return (yield from self._submitted(stages, timeout))

    @task_call
    def gather(self, *steps: Step, into: Step, timeout: float | None = None) -> Flow[Any]:
        """Submit steps that run side by side, and a last one that runs when all have succeeded; return the handle of the last.

        `into` can use the results: `Step("total", numbers=[step.reference() for step in steps])`. Otherwise as `chain`.
        """
        return (yield from self._submitted([steps, into], timeout))

    def _submitted(self, stages: Iterable[Stage], timeout: float | None) -> Flow[Any]:
        document = None
        # All requests are made before the first is sent, so that a wrong one is found in time.
        for request in list(_requests(stages)):
            document = task_document_of((yield from answer_to(request, self.deadline(timeout))))
        if document is None:
            raise ValueError("A chain has at least one step.")
        return self.handle(document["task_id"], document)


def _requests(stages: Iterable[Stage]) -> Iterator[Request]:
    """The request for each step."""
    before: list[Step] = []
    for stage in stages:
        if len(before) > MOST_SIDE_BY_SIDE:
            raise ValueError(f"A step can wait for {MOST_SIDE_BY_SIDE:,} others, not for {len(before):,}.")
        steps = [stage] if isinstance(stage, Step) else list(stage)
        for step in steps:
            yield submission(step.name, step.input, step.fields, _after(step, before))
        before = steps or before


def _after(step: Step, before: Iterable[Step]) -> Options:
    """Its options; it runs after these and after those that it names itself."""
    named = () if step.options.after is None else ids_of(step.options.after)
    ids = dict.fromkeys([*(earlier.id for earlier in before), *named])
    return replace(step.options, after=list(ids) or None)
