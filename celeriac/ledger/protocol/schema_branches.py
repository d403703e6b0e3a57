"""Finds the branch of a JSON Schema that is meant by a value.

It reads what pydantic writes (JSON Schema 2020-12, without patterns of names and conditions), and needs no other package.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

from pydantic_core import SchemaError, SchemaValidator, core_schema

from celeriac.contract.json_schema.markers import PYTHON
from celeriac.values.json.pointer import steps_of

Schema = Mapping[str, Any]
# Reads a value as this kind of Python object (`x-python`): whether it can.
Reads = Callable[[str, Any], bool]

ANYTHING: Schema = {}
_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,), "number": (int, float), "boolean": (bool,), "object": (dict,), "array": (list,), "null": (type(None),),
}  # fmt: skip
_BOUNDS: dict[str, Callable[[Any, Any], bool]] = {
    "minimum": lambda value, bound: value >= bound,
    "maximum": lambda value, bound: value <= bound,
    "exclusiveMinimum": lambda value, bound: value > bound,
    "exclusiveMaximum": lambda value, bound: value < bound,
    "minLength": lambda value, bound: len(value) >= bound,
    "maxLength": lambda value, bound: len(value) <= bound,
    "minItems": lambda value, bound: len(value) >= bound,
    "maxItems": lambda value, bound: len(value) <= bound,
}


class Branches:
    """A schema whose references and unions are resolved for values, one after the other."""

    def __init__(self, root: Schema, *, reads: Reads) -> None:
        """References are found in `root`; `reads` judges what is marked as an object of Python."""
        self._root, self._reads = root, reads
        # Of values that are looked at again, by the ids of value and schema: a union in a union would double the work.
        self._judged: dict[tuple[int, int], bool] = {}

    def meant(self, value: Any, schema: Any) -> Schema:
        """The schema without references and unions that this valid value fits; `ANYTHING` if none does.

        A mark beside a union counts for all of its branches.
        """
        visited: set[int] = set()
        while isinstance(schema, dict) and id(schema) not in visited:
            visited.add(id(schema))
            if PYTHON in schema:
                return schema
            if "$ref" in schema:
                schema = self._referenced(schema["$ref"])
                continue
            branches = _branches(schema)
            if branches is None:
                return schema
            schema = next((branch for branch in branches if self.fits(value, branch)), None)
        return ANYTHING

    def fits(self, value: Any, schema: Any) -> bool:
        """Whether the value is valid by this schema. One that refers to itself, without a member between, fits nothing."""
        place = id(value), id(schema)
        if place not in self._judged:
            self._judged[place] = self._fits(value, schema, frozenset())
        return self._judged[place]

    def _fits(self, value: Any, schema: Any, outer: frozenset[int]) -> bool:
        if not isinstance(schema, dict):
            return schema is not False
        if id(schema) in outer:
            return False
        inner = outer | {id(schema)}
        return (
            _is_listed(value, schema)
            and _is_of_type(value, schema.get("type"))
            and (PYTHON not in schema or value is None or self._reads(schema[PYTHON], value))
            and ("$ref" not in schema or self._fits(value, self._referenced(schema["$ref"]), inner))
            and self._fits_branches(value, schema, inner)
            and self._fits_inside(value, schema)
        )

    def _fits_branches(self, value: Any, schema: Schema, inner: frozenset[int]) -> bool:
        return all(
            choose(self._fits(value, branch, inner) for branch in schema[name])
            for name, choose in (("anyOf", any), ("oneOf", any), ("allOf", all))
            if isinstance(schema.get(name), list)
        )

    def _fits_inside(self, value: Any, schema: Schema) -> bool:
        match value:
            case dict():
                return self._fits_members(value, schema)
            case list():
                return _is_within_bounds(value, schema) and self._fits_items(value, schema)
            case str():
                return _is_within_bounds(value, schema) and _matches(value, schema.get("pattern"))
            case bool() | None:
                return True
            case _:
                return _is_within_bounds(value, schema)

    def _fits_members(self, value: dict[str, Any], schema: Schema) -> bool:
        members, others = schema.get("properties") or {}, schema.get("additionalProperties")
        return all(name in value for name in schema.get("required") or ()) and all(
            self.fits(member, members.get(name, others)) for name, member in value.items()
        )

    def _fits_items(self, value: list[Any], schema: Schema) -> bool:
        first, others = schema.get("prefixItems") or (), schema.get("items")
        return all(
            self.fits(item, first[place] if place < len(first) else others)
            for place, item in enumerate(value)
        )

    def _referenced(self, reference: Any) -> Any:
        """`#/$defs/Name`, RFC 6901; what is not found fits anything."""
        part: Any = self._root
        for step in steps_of(str(reference).removeprefix("#")):
            part = part.get(step) if isinstance(part, dict) else None
        return part


def _branches(schema: Schema) -> list[Any] | None:
    for name in ("anyOf", "oneOf", "allOf"):
        if isinstance(branches := schema.get(name), list):
            return branches
    return None


def _is_listed(value: Any, schema: Schema) -> bool:
    if "const" in schema and not _is_same(value, schema["const"]):
        return False
    choices = schema.get("enum")
    return not isinstance(choices, list) or any(_is_same(value, choice) for choice in choices)


def _is_same(value: Any, choice: Any) -> bool:
    """To Python, `True` is 1."""
    return isinstance(value, bool) == isinstance(choice, bool) and bool(value == choice)


def _is_of_type(value: Any, kinds: Any) -> bool:
    names = kinds if isinstance(kinds, list) else [kinds]
    return any(_is_of_kind(value, kind) for kind in names)


def _is_of_kind(value: Any, kind: Any) -> bool:
    if kind == "integer":
        return type(value) is int
    if kind not in _KINDS:
        return True
    return isinstance(value, _KINDS[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _is_within_bounds(value: Any, schema: Schema) -> bool:
    with suppress(TypeError):  # a bound of another kind of value
        return all(holds(value, schema[name]) for name, holds in _BOUNDS.items() if name in schema)
    return True


def _matches(value: str, pattern: Any) -> bool:
    return not isinstance(pattern, str) or _pattern(pattern).isinstance_python(value)


@lru_cache(maxsize=1_000)
def _pattern(pattern: str) -> SchemaValidator:
    """By an engine whose time grows with the text and no faster; one that it cannot read matches any text."""
    try:
        return SchemaValidator(core_schema.str_schema(pattern=pattern))
    except SchemaError:
        return SchemaValidator(core_schema.str_schema())
