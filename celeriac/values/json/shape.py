"""Which kinds of values a JSON Schema accepts, for those who make values of texts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self
from urllib.parse import unquote

# Formats of which only few texts are: what is not one of those may be a number, or null, without being guessed at.
EXACT_FORMATS = frozenset("date date-time time duration uuid email uri url ipv4 ipv6 ipvanyaddress".split())
MOST_SCHEMAS = 200

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Leaf:
    """One alternative of a schema: `kind` is its JSON type, `choice` for listed values, `decimal`, or `any` for a schema without a type."""

    kind: str
    schema: Schema

    @property
    def is_base64(self) -> bool:
        """Whether this is the text of bytes."""
        return self.kind == "string" and self.schema.get("contentEncoding") == "base64"

    @property
    def is_free_text(self) -> bool:
        """Whether any text may be a value of this."""
        return self.kind == "string" and self.schema.get("format") not in EXACT_FORMATS

    @property
    def choices(self) -> list[Any]:
        """The values of an enum or a constant."""
        if "const" in self.schema:
            return [self.schema["const"]]
        values = self.schema.get("enum")
        return values if isinstance(values, list) else []


@dataclass(frozen=True)
class Shape:
    """A schema, with the document in which its references are found."""

    schema: Schema
    root: Schema = field(repr=False)

    @classmethod
    def of(cls, schema: Any) -> Self:
        """The shape of a whole document."""
        schema = _object(schema)
        return cls(schema, schema)

    def within(self, schema: Any) -> "Shape":
        """A schema inside of this document."""
        return Shape(_object(schema), self.root)

    @cached_property
    def leaves(self) -> list[Leaf]:
        """The alternatives, without references and unions."""
        leaves: list[Leaf] = []
        self._collect(self.schema, leaves, set())
        return leaves

    def leaf(self, *kinds: str) -> Leaf | None:
        """The first alternative of one of these kinds."""
        return next((leaf for leaf in self.leaves if leaf.kind in kinds), None)

    @property
    def is_base64(self) -> bool:
        """Whether bytes are a value, as the text of their base64."""
        return any(leaf.is_base64 for leaf in self.leaves)

    @property
    def is_free_text(self) -> bool:
        """Whether any text is a value."""
        return any(leaf.is_free_text for leaf in self.leaves)

    @property
    def description(self) -> str:
        """What the schema says of itself."""
        text = self.schema.get("description", "")
        return text if isinstance(text, str) else ""

    def member(self, leaf: Leaf, name: str) -> "Shape | None":
        """The shape of an object's member of this name; None where the object has none."""
        members = _object(leaf.schema.get("properties"))
        if name in members:
            return self.within(members[name])
        others = leaf.schema.get("additionalProperties", not members)
        return None if others is False else self.within(others)

    def members(self) -> dict[str, "Shape"]:
        """The members that are known by name."""
        leaf = self.leaf("object")
        names = _object(leaf.schema.get("properties")) if leaf else {}
        return {name: self.within(schema) for name, schema in names.items()}

    def required(self) -> frozenset[str]:
        """The names of the members that an object must have."""
        leaf = self.leaf("object")
        names = leaf.schema.get("required") if leaf else None
        return (
            frozenset(name for name in names if isinstance(name, str))
            if isinstance(names, list)
            else frozenset()
        )

    def item(self, leaf: Leaf, place: int) -> "Shape":
        """The shape of an array's item at this place."""
        first = leaf.schema.get("prefixItems")
        if isinstance(first, list) and place < len(first):
            return self.within(first[place])
        return self.within(leaf.schema.get("items"))

    def _collect(self, schema: Schema, leaves: list[Leaf], visited: set[int]) -> None:
        """Each schema is visited once, so references in a circle end."""
        if id(schema) in visited or len(visited) >= MOST_SCHEMAS:
            return
        visited.add(id(schema))
        for name in ("anyOf", "oneOf", "allOf"):
            parts = schema.get(name)
            if isinstance(parts, list) and parts and (name != "allOf" or len(parts) == 1):
                for part in parts:
                    self._collect(_object(part), leaves, visited)
                return
        if isinstance(reference := schema.get("$ref"), str):
            self._collect(self._referenced(reference), leaves, visited)
            return
        leaves.extend(Leaf(kind, schema) for kind in _kinds(schema))

    def _referenced(self, reference: str) -> Schema:
        """`#/$defs/Name`, RFC 6901; what is not found accepts anything."""
        part: Any = self.root
        for step in reference.removeprefix("#").split("/")[1:]:
            part = _object(part).get(unquote(step).replace("~1", "/").replace("~0", "~"))
        return _object(part)


def _kinds(schema: Schema) -> list[str]:
    if "const" in schema or "enum" in schema:
        return ["choice"]
    if schema.get("format") == "decimal":
        return ["decimal"]
    match schema.get("type"):
        case str() as kind:
            return [kind]
        case list() as kinds:
            return [kind for kind in kinds if isinstance(kind, str)] or ["any"]
    if "properties" in schema or "additionalProperties" in schema:
        return ["object"]
    return ["array"] if "items" in schema or "prefixItems" in schema else ["any"]


def _object(schema: Any) -> Schema:
    """`true`, and what is not a schema at all, accept anything."""
    return schema if isinstance(schema, dict) else {}
