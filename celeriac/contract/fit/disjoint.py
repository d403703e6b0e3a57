"""Decides whether no value can have both of two schemas. In doubt, one can."""

from typing import Any

from celeriac.contract.fit.parts import Alternatives, NotKnown, Schema, types_of, values_of

# So many pairs of schemas are compared, and so deep; the rest counts as fitting.
MOST_PAIRS, DEEPEST = 2_000, 8


def are_disjoint(results: Alternatives, inputs: Alternatives) -> bool:
    """Whether no value of the one is a value of the other."""
    return _Comparison(results, inputs).excludes_all(results, inputs, DEEPEST)


class _Comparison:
    """Compares a result with a parameter, in a bounded number of steps."""

    def __init__(self, results: Alternatives, inputs: Alternatives) -> None:
        self._results, self._inputs = results, inputs
        self._pairs_left = MOST_PAIRS

    def excludes_all(self, results: Alternatives, inputs: Alternatives, depth: int) -> bool:
        return all(
            self._excludes(result, value, depth) for result in results.schemas for value in inputs.schemas
        )

    def _excludes(self, result: Schema, value: Schema, depth: int) -> bool:
        self._pairs_left -= 1
        if self._pairs_left < 0 or depth == 0:
            return False
        common = _with_integers(types_of(result)) & _with_integers(types_of(value))
        if not common:
            return True
        listed, allowed = values_of(result), values_of(value)
        if listed is not None and allowed is not None:
            return not any(value in allowed for value in listed)
        if listed is not None or allowed is not None:
            return False
        return (common == {"array"} and self._exclude_items(result, value, depth)) or (
            common == {"object"} and self._exclude_members(result, value, depth)
        )

    def _exclude_items(self, result: Schema, value: Schema, depth: int) -> bool:
        """Arrays: of fixed lengths that differ, or with an item that cannot fit."""
        count, needed = len(result.get("prefixItems", ())), value.get("minItems", 0)
        if count and result.get("maxItems") == result.get("minItems") == count:
            if not needed <= count <= value.get("maxItems", count):
                return True
            needed = count
        return any(
            self._exclude_parts(result, value, str(number), depth) for number in range(min(needed, 20))
        )

    def _exclude_members(self, result: Schema, value: Schema, depth: int) -> bool:
        """Objects: with a member that is required, and is missing or cannot fit."""
        return any(self._exclude_parts(result, value, name, depth) for name in value.get("required", ()))

    def _exclude_parts(self, result: Schema, value: Schema, name: str, depth: int) -> bool:
        try:
            inputs = self._inputs.of(value).members(name)
            results = self._results.of(result).members(name)
        except NotKnown:
            return False
        if results.schemas:  # a field can have None as its default, whatever its type
            results.schemas.append({"type": "null"})
        return self.excludes_all(results, inputs, depth - 1)


def _with_integers(types: frozenset[str]) -> frozenset[str]:
    """A number can be an integer, and an integer is a number."""
    return types - {"integer"} | {"number"} if "integer" in types else types


def shown(alternatives: Alternatives) -> str:
    """What they allow, in words: "string or null"."""
    words = dict.fromkeys(word for schema in alternatives.schemas for word in _words(schema))
    return " or ".join(list(words)[:6]) or "nothing"


def _words(schema: Schema) -> list[str]:
    values: list[Any] | None = values_of(schema)
    if values is not None:
        return [repr(value) for value in values[:6]]
    title = f" ({schema['title']})" if "properties" in schema and "title" in schema else ""
    return [kind + title for kind in sorted(types_of(schema))]
