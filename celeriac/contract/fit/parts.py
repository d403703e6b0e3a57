"""Finds the schemas of a part of a value in the schema of the whole."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

from celeriac.files.form import KEYWORD

Schema: TypeAlias = dict[str, Any]
SCALARS = frozenset(("null", "boolean", "integer", "number", "string"))
# So many schemas one after another, each of which only refers to the next.
MOST_HOPS = 50
LONGEST_INDEX = 10
_TYPES = {
    type(None): "null",
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
}


class NotKnown(Exception):
    """The schema does not tell."""


class Alternatives:
    """Schemas of which a value has one; none, if there is no such value."""

    def __init__(self, root: Schema, schemas: Iterable[Any]) -> None:
        """`root` has the definitions. `NotKnown` if one of the schemas allows anything."""
        self.root = root
        self.schemas = [each for schema in schemas for each in _resolved(root, schema, MOST_HOPS)]

    def members(self, name: str) -> "Alternatives":
        """Those of the member of this name, where the value is an object, or of this item, where it is an array."""
        return Alternatives(self.root, [part for schema in self.schemas for part in _parts(schema, name)])

    def of(self, schema: Any) -> "Alternatives":
        """Those of another schema with the same definitions."""
        return Alternatives(self.root, [schema])


def alternatives(schema: Schema) -> Alternatives:
    """The alternatives of a whole value."""
    return Alternatives(schema, [schema])


def types_of(schema: Schema) -> frozenset[str]:
    """The JSON types of its values, at least."""
    if values := values_of(schema):
        return frozenset(map(type_of, values))
    match schema.get("type"):
        case str(kind):
            return frozenset((kind,))
        case list(kinds):
            return frozenset(kinds)
    raise NotKnown


def values_of(schema: Schema) -> list[Any] | None:
    """Its values, if they are listed."""
    return [schema["const"]] if "const" in schema else schema.get("enum")


def type_of(value: Any) -> str:
    """The JSON type of a value."""
    return _TYPES.get(type(value), "object")


def _resolved(root: Schema, schema: Any, hops: int) -> Iterator[Schema]:
    """Without references and alternatives."""
    if schema is False:
        return
    # A worker reads a file from the form that a result has in Redis, too.
    if not isinstance(schema, dict) or not hops or KEYWORD in schema:
        raise NotKnown
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        yield from _resolved(root, root.get("$defs", {}).get(name), hops - 1)
    elif several := schema.get("anyOf") or schema.get("oneOf"):
        for part in several:
            yield from _resolved(root, part, hops - 1)
    elif "allOf" in schema:
        raise NotKnown
    else:
        types_of(schema)
        yield schema


def _parts(schema: Schema, name: str) -> Iterator[Any]:
    """The schemas of its member or item of this name; none, if its values have no parts."""
    types = types_of(schema)
    if values_of(schema) is not None and types - SCALARS:
        raise NotKnown
    if "object" in types:
        yield _member(schema, name)
    if "array" in types and name.isdecimal() and len(name) <= LONGEST_INDEX:
        yield _item(schema, int(name))


def _member(schema: Schema, name: str) -> Any:
    if "patternProperties" in schema:
        raise NotKnown
    properties = schema.get("properties", {})
    return properties[name] if name in properties else schema.get("additionalProperties", True)


def _item(schema: Schema, number: int) -> Any:
    first = schema.get("prefixItems", [])
    if number < len(first):
        return first[number]
    if first and schema.get("maxItems") == len(first):
        return False
    return schema.get("items", True)
