"""Reduces JSON Schema to what types express: objects with fields, unions, lists, literals, formats."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from celeriac.command.generate.document import DescribedTask, Schema, referenced
from celeriac.command.generate.names import class_name, unique_names

ABSENT: Any = object()
FORMATS = frozenset({"date", "date-time", "time", "duration", "uuid", "decimal"})
HASHABLE = frozenset({"string", "number", "integer"})
DECIMAL = {"type": "string", "format": "decimal"}
BASE64 = {"type": "string", "format": "binary"}


@dataclass(frozen=True, kw_only=True)
class Member:
    """A field of an object, or a parameter of a call. Without a default, `default` is `ABSENT`."""

    name: str
    schema: Schema
    is_required: bool
    default: Any
    description: str
    is_hidden: bool


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A schema with a name: an object with members, or (without) an alias of another schema."""

    title: str
    description: str
    members: tuple[Member, ...] | None = None
    schema: Schema = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Call:
    """A definition: its parameters, and the schema of its result."""

    name: str
    description: str
    parameters: tuple[Member, ...]
    result: Schema


@dataclass(frozen=True, kw_only=True)
class Shapes:
    """All calls, and the shapes to which they refer, by the names of their classes."""

    calls: list[Call]
    shapes: dict[str, Shape]


def shapes_of(tasks: list[DescribedTask], schemas: dict[str, Schema], *, taken: frozenset[str]) -> Shapes:
    """The shapes of these tasks; no class has a name that is taken."""
    reduction = _Reduction(schemas)
    calls = [reduction.call(task) for task in tasks]
    shapes = reduction.referenced_shapes()
    same = _same_shapes(shapes)
    kept = [key for key in shapes if key not in same]
    names = unique_names(kept, class_name, taken)
    names |= {key: names[first] for key, first in same.items()}
    return Shapes(
        calls=[
            replace(
                call,
                parameters=_renamed_members(call.parameters, names),
                result=_renamed(call.result, names),
            )
            for call in calls
        ],
        shapes={names[key]: _renamed_shape(shapes[key], names) for key in kept},
    )


class _Reduction:
    """Reduces schemas, and remembers to which others they refer."""

    def __init__(self, schemas: dict[str, Schema]) -> None:
        self._schemas = schemas
        self._shapes: dict[str, Shape] = {}
        self._open: dict[str, None] = {}

    def call(self, task: DescribedTask) -> Call:
        return Call(
            name=task.name,
            description=task.description,
            parameters=self._members(task.input_schema, task.name),
            result=self._reduced(task.result_schema, f"{task.name} result"),
        )

    def referenced_shapes(self) -> dict[str, Shape]:
        """Those of everything that was referred to, directly or not."""
        while self._open:
            open_keys, self._open = self._open, {}
            for key in open_keys:
                if key not in self._shapes:
                    self._shapes[key] = self._shape(self._schemas[key], key)
        return self._shapes

    def _shape(self, schema: Any, key: str) -> Shape:
        title, description = _text(schema, "title"), _text(schema, "description")
        match schema:
            case {"properties": dict()}:
                return Shape(title=title, description=description, members=self._members(schema, key))
        return Shape(title=title, description=description, schema=self._reduced(schema, key))

    def _members(self, schema: Schema, place: str) -> tuple[Member, ...]:
        required = schema.get("required")
        return tuple(
            Member(
                name=name,
                schema=self._reduced(part, f"{place} {name}"),
                is_required=isinstance(required, list) and name in required,
                default=part.get("default", ABSENT) if isinstance(part, dict) else ABSENT,
                description=_text(part, "description"),
                is_hidden=isinstance(part, dict) and part.get("writeOnly") is True,
            )
            for name, part in schema.get("properties", {}).items()
        )

    def _reduced(self, schema: Any, place: str) -> Schema:  # noqa: C901, PLR0911 - a line for each kind of schema
        match schema:
            case {"$ref": str(reference)}:
                key = referenced(reference, self._schemas)
                self._open[key] = None
                return {"$ref": key}
            case {"const": value}:
                return _literal([value])
            case {"enum": [*values]}:
                return _literal(values)
            case {"anyOf": [*parts]} | {"oneOf": [*parts]}:
                return _union([self._reduced(part, place) for part in parts])
            case {"allOf": [part]}:
                return self._reduced(part, place)
            case {"type": [*kinds]}:
                return _union([self._reduced(schema | {"type": kind}, place) for kind in kinds])
            case {"type": "object"}:
                return self._object(schema, place)
            case {"type": "array"}:
                return self._array(schema, place)
            case {"type": "string", "contentEncoding": "base64"}:
                return BASE64
            case {"type": "string" | "number" as kind, "format": str(form)} if form in FORMATS:
                return {"type": kind, "format": form}
            case {"type": "string" | "number" | "integer" | "boolean" | "null" as kind}:
                return {"type": kind}
            case _:
                return {}

    def _object(self, schema: Schema, place: str) -> Schema:
        match schema:
            case {"properties": dict(properties)} if properties:
                self._shapes[place] = self._shape(schema, place)
                return {"$ref": place}
            case {"additionalProperties": dict(values)}:
                return {"type": "object", "additionalProperties": self._reduced(values, place)}
            case _:
                return {"type": "object"}

    def _array(self, schema: Schema, place: str) -> Schema:
        match schema:
            case {"prefixItems": [_, *_] as items, "minItems": least, "maxItems": most} if (
                least == most == len(items)
            ):
                reduced = [self._reduced(item, f"{place} {at}") for at, item in enumerate(items)]
                return {"type": "array", "prefixItems": reduced, "minItems": least, "maxItems": most}
            case {"items": dict(item)}:
                reduced_item = self._reduced(item, f"{place} item")
                # A set holds what has a hash, which models do not have.
                is_set = schema.get("uniqueItems") is True and reduced_item.get("type") in HASHABLE
                return {"type": "array", "items": reduced_item} | ({"uniqueItems": True} if is_set else {})
            case _:
                return {"type": "array"}


def _literal(values: list[Any]) -> Schema:
    """One of these values; only their types, where Python's `Literal` cannot hold them."""
    if values and all(value is None or isinstance(value, str | int) for value in values):
        return {"enum": values}
    return _union([{"type": "number"} if isinstance(value, int | float) else {} for value in values])


def _union(parts: list[Schema]) -> Schema:
    """Any of these; two ways to write a decimal are one."""
    if {} in parts or not parts:
        return {}
    parts = [DECIMAL if part.get("format") == "decimal" else part for part in parts]
    different = list({json.dumps(part): part for part in parts}.values())
    return different[0] if len(different) == 1 else {"anyOf": different}


def _same_shapes(shapes: dict[str, Shape]) -> dict[str, str]:
    """The shapes that are the same as another one with the same title, each with the first of those.

    All with one title are taken as the same until two differ, for they may refer to each other.
    """
    first: dict[str, str] = {}
    # First those whose name is the title.
    by_title = sorted(shapes.items(), key=lambda item: item[0] != item[1].title)
    same = {key: first.setdefault(shape.title, key) for key, shape in by_title if shape.title}
    same = {key: original for key, original in same.items() if key != original}
    while True:
        names = {key: same.get(key, key) for key in shapes}
        different = [
            key
            for key, original in same.items()
            if _renamed_shape(shapes[key], names) != _renamed_shape(shapes[original], names)
        ]
        if not different:
            return same
        for key in different:
            del same[key]


def _renamed_shape(shape: Shape, names: Mapping[str, str]) -> Shape:
    members = None if shape.members is None else _renamed_members(shape.members, names)
    return replace(shape, members=members, schema=_renamed(shape.schema, names))


def _renamed_members(members: tuple[Member, ...], names: Mapping[str, str]) -> tuple[Member, ...]:
    return tuple(replace(member, schema=_renamed(member.schema, names)) for member in members)


def _renamed(schema: Schema, names: Mapping[str, str]) -> Schema:
    """The schema with references by these names."""
    match schema:
        case {"$ref": str(key)}:
            return {"$ref": names[key]}
        case {"enum": _}:
            return schema
        case _:
            return {key: _renamed_part(value, names) for key, value in schema.items()}


def _renamed_part(part: Any, names: Mapping[str, str]) -> Any:
    match part:
        case dict():
            return _renamed(part, names)
        case list():
            return [_renamed(item, names) for item in part]
        case _:
            return part


def _text(schema: Any, key: str) -> str:
    value = schema.get(key) if isinstance(schema, dict) else None
    return value if isinstance(value, str) else ""
