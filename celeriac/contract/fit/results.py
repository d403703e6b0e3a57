"""Finds out whether a result cannot be at a place of an input."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

from celeriac.contract.fit.disjoint import are_disjoint, shown
from celeriac.contract.fit.parts import Alternatives, NotKnown, alternatives
from celeriac.contract.fit.trusted_schemas import input_schema_of, result_schema_of
from celeriac.contract.implementation import Implementation
from celeriac.values.json.pointer import steps_of
from celeriac.values.json.result_references import Path, Reference

LONGEST_POINTER = 100


class ResultFit:
    """The definitions' schemas, each made when it is first needed."""

    def __init__(self, implementations: Mapping[str, Implementation]) -> None:
        """Those of these, by name."""
        self._input = cache(lambda name: input_schema_of(implementations[name].input_model))
        self._result = cache(lambda name: result_schema_of(implementations[name].output))
        self._names = implementations.keys()

    def misfits(
        self,
        references: Iterable[tuple[Path, Reference]],
        names: Mapping[str, str],
        *,
        into: str,
        may_be_null: bool,
    ) -> Iterator[tuple[Path, Reference, str]]:
        """Each of these references in an input of `into` that cannot fit, and why; `names` has the definitions of tasks, as far as known."""
        for path, reference in references:
            if name := names.get(reference.task_id):
                sentence = self.misfit(name, reference.pointer, into=into, at=path, may_be_null=may_be_null)
                if sentence:
                    yield path, reference, sentence

    def misfit(
        self, name: str, pointer: str, *, into: str, at: Sequence[str | int], may_be_null: bool
    ) -> str | None:
        """Why the part at a JSON pointer of a result of `name` cannot be at this place of an input of `into`; None if it may be.

        `may_be_null`: there is null in place of the result if that task fails.
        """
        if not self._names >= {name, into}:
            return None
        place = f" at {pointer[:LONGEST_POINTER]!r}" if pointer else ""
        try:
            result = _at(alternatives(self._result(name)), steps_of(pointer))
            if not result.schemas:
                return f"refers to a result of {name!r}, which has nothing{place}"
            parameter = _at(alternatives(self._input(into)), map(str, at))
            words = f"should be {shown(parameter)}, and the result of {name!r}{place} is {shown(result)}"
            if pointer or may_be_null:  # a field can have None as its default, whatever its type
                result.schemas.append({"type": "null"})
            return words if parameter.schemas and are_disjoint(result, parameter) else None
        except NotKnown:
            return None


def _at(whole: Alternatives, steps: Iterable[str]) -> Alternatives:
    for step in steps:
        whole = whole.members(step)
    return whole
