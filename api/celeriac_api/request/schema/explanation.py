"""Finds out why an input is not valid: where, and what should be there.

jsonschema-rs decides, and lists all errors or none: of 200,000 it takes seconds, in which nothing else runs. This lists them one
by one, and whoever reads them may stop.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

from celeriac_api.request.schema.enforced import TAG, Schema
from celeriac_api.request.schema.words import one_of, words_of_type, words_of_value

Path = tuple[int | str, ...]
# Where, what should be there, and what is there.
Row = tuple[Path, str, Any]
REQUIRED = "Field required"
EXTRA = "Extra inputs are not permitted"
# How many alternatives that do not fit are looked at; and how deep references go that lead to no other part of the value.
MOST_BRANCHES, DEEPEST = 500, 300
# For so many items, no validator is made.
FEW = 16


class Explanation:
    """Of one input that is not valid for one enforced schema."""

    def __init__(self, document: Schema, keywords: Mapping[str, type], options: Mapping[str, Any]) -> None:
        """`keywords` are the classes of ours, `options` those of jsonschema-rs's validators."""
        self._definitions: Schema = document["$defs"]
        self._keywords, self._options = keywords, options
        self._branches_left = MOST_BRANCHES
        # By what is judged, which lives as long as the document.
        self._validators: dict[int | str, Any] = {}

    def rows(self, value: Any) -> Iterator[Row]:
        """What is wrong, in the order of the schema."""
        return self._rows(self._definitions["0"], value, (), 0)

    def _rows(self, schema: Any, value: Any, path: Path, depth: int) -> Iterator[Row]:
        if schema is True or depth > DEEPEST:
            return
        if schema is False:
            yield path, EXTRA, value
            return
        if reference := schema.get("$ref"):
            target = self._definitions[reference.removeprefix("#/$defs/")]
            yield from self._rows(target, value, path, depth + 1)
        if sentence := words_of_type(schema, value) or _words_of_tag(schema, value):
            yield path, sentence, value
            return
        if sentence := words_of_value(schema, value, keywords=self._keywords):
            yield path, sentence, value
        if isinstance(value, dict):
            yield from self._members(schema, value, path, depth + 1)
        elif isinstance(value, list):
            yield from self._items(schema, value, path, depth + 1)
        yield from self._others(schema, value, path, depth + 1)

    def _members(self, schema: Schema, value: dict[str, Any], path: Path, depth: int) -> Iterator[Row]:
        properties = schema.get("properties", {})
        required = dict.fromkeys(schema.get("required", ()))
        for name, part in properties.items():
            if name in value:
                yield from self._rows(part, value[name], (*path, name), depth)
            elif name in required:
                yield (*path, name), REQUIRED, value
        for name in required:
            if name not in properties and name not in value:
                yield (*path, name), REQUIRED, value
        yield from self._names(schema, value, path, depth)

    def _names(self, schema: Schema, value: dict[str, Any], path: Path, depth: int) -> Iterator[Row]:
        """What is wrong with names, and with the members that no name of the schema is for."""
        properties, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
        names, others = schema.get("propertyNames", True), schema.get("additionalProperties", True)
        for name, member in value.items():
            for _, sentence, _ in self._rows(names, name, path, depth):
                yield (*path, name), sentence, name
            parts = [
                part
                for pattern, part in patterns.items()
                if self._is_valid(pattern, {"pattern": pattern}, name)
            ]
            if not parts and name not in properties:
                parts = [others]
            for part in parts:
                if not self._may_pass_over(part, member, len(value)):
                    yield from self._rows(part, member, (*path, name), depth)

    def _items(self, schema: Schema, value: list[Any], path: Path, depth: int) -> Iterator[Row]:
        first, others = schema.get("prefixItems", []), schema.get("items", True)
        for place in range(len(value), min(schema.get("minItems", 0), len(first))):
            yield (*path, place), REQUIRED, value
        for place, item in enumerate(value):
            part = first[place] if place < len(first) else others
            if not self._may_pass_over(part, item, len(value)):
                yield from self._rows(part, item, (*path, place), depth)

    def _others(self, schema: Schema, value: Any, path: Path, depth: int) -> Iterator[Row]:
        for part in schema.get("allOf", ()):
            yield from self._rows(part, value, path, depth)
        if "if" in schema:
            chosen = "then" if self._is_valid(id(schema["if"]), schema["if"], value) else "else"
            yield from self._rows(schema.get(chosen, True), value, path, depth)
        for name in ("anyOf", "oneOf"):
            if name in schema:
                yield from self._alternatives(schema, name, value, path, depth)

    def _alternatives(self, schema: Schema, name: str, value: Any, path: Path, depth: int) -> Iterator[Row]:
        """What is wrong with each alternative, unless one fits. Null is none where there are others, and the value is not null."""
        branches = schema[name]
        if value is not None and len(branches) > 1:
            branches = [branch for branch in branches if not _is_null(branch)]
        if len(branches) > 1 and self._is_valid(id(schema[name]), {name: schema[name]}, value):
            return
        seen: set[tuple[Path, str]] = set()
        for branch in branches:
            self._branches_left -= 1
            if self._branches_left < 0:
                return
            for row in self._rows(branch, value, path, depth):
                if row[:2] not in seen:
                    seen.add(row[:2])
                    yield row

    def _may_pass_over(self, schema: Any, value: Any, count: int) -> bool:
        """Whether it is one of many and valid, which a validator finds out faster than this."""
        return schema is True or (count > FEW and self._is_valid(id(schema), schema, value))

    def _is_valid(self, key: int | str, schema: Any, value: Any) -> bool:
        if isinstance(schema, bool):
            return schema
        if key not in self._validators:
            document = {**schema, "$defs": self._definitions}
            self._validators[key] = jsonschema_rs.validator_for(document, **self._options)
        return bool(self._validators[key].is_valid(value))


def _is_null(branch: Any) -> bool:
    """Also where a reference to a result may be in its place."""
    return isinstance(branch, dict) and {"type": "null"} in (branch, branch.get("else"))


def _words_of_tag(schema: Schema, value: Any) -> str | None:
    """What is wrong with the member that names an alternative."""
    tag = schema.get(TAG)
    if tag is None:
        return None
    name, values = tag["name"], tag["values"]
    if name not in value:
        return f"Unable to extract tag using discriminator {name!r}"
    if not isinstance(value[name], bool) and str(value[name]) in values:
        return None
    expected = one_of(values).removeprefix("Input should be ").replace(" or ", ", ")
    return f"Input tag {str(value[name])[:80]!r} found using {name!r} does not match any of the expected tags: {expected}"
