"""Finds null and values of no `Literal`, which pydantic writes whatever the type says."""

from collections.abc import Iterable
from functools import cache
from itertools import count, repeat
from typing import Any, NamedTuple

from pydantic import TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema

from celeriac.contract.fit.disjoint import shown
from celeriac.contract.fit.parts import Alternatives, NotKnown, Schema, type_of, types_of, values_of
from celeriac.contract.fit.trusted_schemas import result_schema_of
from celeriac.values.json.pointer import pointer_to

Step = str | int
# So many names of members are known beforehand; a dictionary can have any number of them.
MOST_PARTS = 1_000
LISTED = (str, int, bool)
LONGEST_EXCERPT = 50


class WrittenType:
    """The type of a result, as far as its schema tells."""

    def __init__(self, schema: Schema) -> None:
        """The schema describes the written form."""
        self._lists_values = _lists_values(schema)
        try:
            self._whole = _Part(Alternatives(schema, [schema]))
        except NotKnown:
            self._whole = _Part(None)

    def misfit(self, value: Any, text: str) -> str | None:
        """What is wrong with these JSON values, which are this text; None if nothing is known to be."""
        if not self._lists_values and "null" not in text:
            return None
        misfit = self._whole.misfit(value)
        if misfit is None:
            return None
        place = f" at {pointer_to(misfit.path[::-1])!r}" if misfit.path else ""
        return f"its type says {misfit.allowed}{place}, and this is {_excerpt(misfit.value)}"


class _Misfit(NamedTuple):
    """A part of a value that its type excludes, and the steps that lead to it, the last one first."""

    value: Any
    allowed: str
    path: list[Step]


@cache
def written_type(output: TypeAdapter[Any]) -> WrittenType:
    """That of the results of this adapter, which is of a one-tuple."""
    try:
        return WrittenType(result_schema_of(output))
    except PydanticInvalidForJsonSchema:
        return WrittenType({})


class _Part:
    """The type of a part of the value. It makes those of its own parts when they are first asked for."""

    def __init__(self, allowed: Alternatives | None, *, may_be_null: bool = False) -> None:
        """None: any value."""
        self._allowed = allowed
        # These fit, by their types and values.
        self._listed = {(type(None), None)} if may_be_null else set()
        for schema in allowed.schemas if allowed else ():
            self._listed.update(
                (type(each), each) for each in values_of(schema) or () if type(each) in LISTED
            )
        self._parts: dict[Step, _Part] = {}
        self._items_are_alike = allowed is None or not any(
            "prefixItems" in schema for schema in allowed.schemas
        )

    def misfit(self, value: Any) -> _Misfit | None:
        if self._allowed is None or (type(value), value if type(value) in LISTED else None) in self._listed:
            return None
        if not any(_is_of(value, schema) for schema in self._allowed.schemas):
            return _Misfit(value, shown(self._allowed), [])
        for step, part, item in self._parts_of(value):
            if misfit := part.misfit(item):
                misfit.path.append(step)
                return misfit
        return None

    def _parts_of(self, value: Any) -> Iterable[tuple[Step, "_Part", Any]]:
        if isinstance(value, dict):
            return ((name, self._part(name), item) for name, item in value.items())
        if not isinstance(value, list):
            return ()
        if self._items_are_alike:
            return zip(count(), repeat(self._part(0)), value)
        return ((number, self._part(number), item) for number, item in enumerate(value))

    def _part(self, step: Step) -> "_Part":
        part = self._parts.get(step)
        if part is None:
            part = self._made(step)
            if len(self._parts) < MOST_PARTS:
                self._parts[step] = part
        return part

    def _made(self, step: Step) -> "_Part":
        """That of a member or an item. A field whose default is None is null in spite of its type."""
        if self._allowed is None:
            return self
        fields = [schema.get("properties", {}).get(step, {}) for schema in self._allowed.schemas]
        may_be_null = any(field.get("default", step) is None for field in fields)
        try:
            return _Part(self._allowed.members(str(step)), may_be_null=may_be_null)
        except NotKnown:
            return _Part(None)


def _is_of(value: Any, schema: Schema) -> bool:
    listed = values_of(schema)
    if listed is not None:
        return any(type(value) is type(each) and value == each for each in listed)
    kind, kinds = type_of(value), types_of(schema)
    return kind in kinds or (kind == "integer" and "number" in kinds)


def _lists_values(schema: Any) -> bool:
    if isinstance(schema, dict):
        return "const" in schema or "enum" in schema or any(map(_lists_values, schema.values()))
    return isinstance(schema, list) and any(map(_lists_values, schema))


def _excerpt(value: Any) -> str:
    text = repr(value)
    return "null" if value is None else text if len(text) <= LONGEST_EXCERPT else f"{type_of(value)}"
