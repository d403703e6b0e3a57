"""Makes of the JSON Schema of an input the one that the door enforces.

All references lead to `#/$defs/0` and so on; what only describes is left out; our keywords are in the place of formats, files
and markers. Their classes are in keywords.py.
"""

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from celeriac.contract.json_schema.markers import EXACT, FIELDS, NAMED, PYTHON
from celeriac.files.form import KEYWORD
from celeriac_api.request.schema.keywords import FILE, FINITE, FORMAT, FORMATS, SAME, WHOLE

Schema = dict[str, Any]
# Which member names an alternative: for those who explain.
TAG = "x-tag"

DEEPEST_SCHEMA = 100
# How many schemas may look at one value, one in another: without a limit, a schema could take forever.
MOST_AT_ONCE = 5_000

DESCRIBING = frozenset(
    "title description default examples deprecated readOnly writeOnly $comment $schema $id contentMediaType".split()
) | {PYTHON}
NOT_LOCAL = frozenset("$anchor $dynamicRef $dynamicAnchor $recursiveRef $recursiveAnchor $vocabulary".split())
ONE = frozenset(
    "items additionalProperties propertyNames contains not if then else unevaluatedItems unevaluatedProperties".split()
)
SEVERAL = frozenset(("anyOf", "oneOf", "allOf", "prefixItems"))
# Those that look at the value itself, not at a part of it.
AT_ONCE = ("anyOf", "oneOf", "allOf", "not", "if", "then", "else", "$ref")
# What a marker or a format says better.
REPLACED = frozenset(
    "type format anyOf minLength maxLength pattern minimum maximum exclusiveMinimum exclusiveMaximum multipleOf".split()
)
# An object that stands for a result is valid everywhere.
REFERENCE: Schema = {"type": "object", "anyOf": [{"required": ["$result"]}, {"required": ["$results"]}]}
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}")


class UnusableSchema(Exception):
    """No input can be judged by this schema. The text is a sentence that describes why."""

    def __init__(self, reason: str) -> None:
        """The reason, as the rest of a sentence."""
        super().__init__(f"The JSON Schema of the input cannot be enforced: {reason}.")


@dataclass(frozen=True)
class Strictness:
    """What is enforced beyond JSON Schema: as little as the text of an input allows, for each costs time."""

    # 1.0 and 1e0 are no integers.
    whole: bool = True
    # An integer of 309 digits is no number.
    finite: bool = True


STRICT, LENIENT = Strictness(), Strictness(whole=False, finite=False)


def enforced(schema: Any, strictness: Strictness = STRICT, *, may_refer: bool = False) -> Schema:
    """The schema that is enforced; `UnusableSchema` if it is none, or refers to another document.

    `may_refer`: references to results are valid everywhere.
    """
    return _Document(schema, strictness, may_refer=may_refer).made()


class _Document:
    """One schema, in which references are found."""

    def __init__(self, root: Any, strictness: Strictness, *, may_refer: bool) -> None:
        self._root, self._strictness, self._may_refer = root, strictness, may_refer
        # By reference, the name in the new document.
        self._names: dict[str, str] = {"#": "0"}

    def made(self) -> Schema:
        definitions: Schema = {}
        try:
            while len(definitions) < len(self._names):  # each may refer to more
                reference = list(self._names)[len(definitions)]
                definitions[self._names[reference]] = self._part(self._referenced(reference), 0)
        except RecursionError:
            raise _too_deep() from None
        except (TypeError, ValueError, LookupError, AttributeError) as wrong:
            raise UnusableSchema(f"a keyword has a value that it cannot have ({wrong})") from wrong
        _check_cost(definitions)
        return {"$ref": "#/$defs/0", "$defs": definitions}

    def _part(self, schema: Any, depth: int) -> Any:
        if isinstance(schema, bool):
            return schema
        if not isinstance(schema, dict):
            raise UnusableSchema(f"{shortened(schema)} is not a schema")
        if depth > DEEPEST_SCHEMA:
            raise _too_deep()
        made = self._by_tag(schema, depth) or self._as_it_is(_replaced(schema), depth)
        return {"if": REFERENCE, "then": True, "else": made} if self._may_refer else made

    def _as_it_is(self, schema: Schema, depth: int) -> Schema:
        made: Schema = {}
        for name, value in schema.items():
            if name in DESCRIBING or name in {"$defs", "definitions", "discriminator"}:
                continue
            if name in NOT_LOCAL:
                raise UnusableSchema(f"it contains {name!r}; only `$ref` can refer to another part")
            made[name] = self._keyword(name, value, depth + 1)
        if self._may_refer:
            made.pop("uniqueItems", None)  # two references may be equal
        return self._with_numbers(made)

    def _keyword(self, name: str, value: Any, depth: int) -> Any:
        if name == "$ref":
            return self._reference(value)
        if name in NAMED and isinstance(value, dict):
            return {own: self._part(part, depth) for own, part in value.items()}
        if name in ONE:
            return self._part(value, depth)
        if name in SEVERAL and isinstance(value, list):
            return [self._part(part, depth) for part in value]
        return value

    def _with_numbers(self, schema: Schema) -> Schema:
        """JSON Schema takes 1.0 for an integer, and an integer of 400 digits for a number; a worker does not."""
        kinds = schema.get("type")
        kinds = [kinds] if isinstance(kinds, str) else kinds if isinstance(kinds, list) else []
        if "number" in kinds and self._strictness.finite:
            schema[FINITE] = True
        elif "integer" in kinds and self._strictness.whole:
            schema[WHOLE] = True
        values = [schema["const"]] if "const" in schema else schema.get("enum")
        if (
            self._strictness.whole
            and isinstance(values, list)
            and any(type(value) in {int, float} for value in values)
        ):
            schema[SAME] = values
        return schema

    def _by_tag(self, schema: Schema, depth: int) -> Schema | None:
        """One alternative alone is looked at: the one that a member names. In time that does not double with each level."""
        match schema:
            case {"discriminator": {"propertyName": str(tag), "mapping": dict(mapping)}, "oneOf": list()}:
                pass
            case _:
                return None
        choices = {
            value: {"$ref": part} if isinstance(part, str) else part for value, part in mapping.items()
        }
        return {
            "type": "object",
            "required": [tag],
            TAG: {"name": tag, "values": list(choices)},
            "properties": {tag: {"enum": [each for value in choices for each in _written(value)]}},
            "allOf": [
                {
                    "if": {"properties": {tag: {"enum": _written(value)}}},
                    "then": self._part(part, depth + 1),
                }
                for value, part in choices.items()
            ],
        }

    def _reference(self, reference: Any) -> str:
        if not isinstance(reference, str) or not reference.startswith("#"):
            raise UnusableSchema(f"it refers to {shortened(reference)}, which is not in it")
        self._referenced(reference)
        return "#/$defs/" + self._names.setdefault(reference, str(len(self._names)))

    def _referenced(self, reference: str) -> Any:
        part = self._root
        for step in unquote(reference).split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            try:
                part = part[int(name) if isinstance(part, list) else name]
            except (LookupError, ValueError, TypeError):
                raise UnusableSchema(f"it refers to {shortened(reference)}, which is not in it") from None
        return part


def _replaced(schema: Schema) -> Schema:
    """With our keyword in the place of what it says better."""
    if KEYWORD in schema or (schema.get("contentEncoding") == "base64" and schema.get("type") == "string"):
        return {FILE: {"is_bytes": "contentEncoding" in schema, "limits": schema.get(KEYWORD, {})}}
    if FIELDS in schema:
        return _with_fields(schema)
    if EXACT in schema:
        return {name: value for name, value in schema.items() if name not in REPLACED}
    kind = schema.get("format")
    if schema.get("type") == "string" and isinstance(kind, str) and kind in FORMATS:
        rest = {name: value for name, value in schema.items() if name not in {"type", "format"}}
        return {FORMAT: kind, **rest}
    return schema


def _with_fields(schema: Schema) -> Schema:
    """An array, or an object of its items by name."""
    array = {name: value for name, value in schema.items() if name != FIELDS}
    names, items = schema[FIELDS], schema.get("prefixItems", [])
    members = {
        "type": "object",
        "properties": dict(zip(names, items, strict=True)),
        "required": names[: schema.get("minItems", 0)],
        "additionalProperties": False,
    }
    return {"anyOf": [array, members]}


def _written(tag: str) -> list[Any]:
    """The values that may be meant by a tag, which is always text in a mapping."""
    return [tag, int(tag)] if _WHOLE_NUMBER.fullmatch(tag) else [tag]


def _check_cost(definitions: Schema) -> None:
    """Refuse a schema in which too many schemas look at the same value."""
    costs: dict[str, int] = {}

    def cost(schema: Any) -> int:
        if not isinstance(schema, dict):
            return 1
        total = 1
        for name in AT_ONCE:
            value = schema.get(name)
            if name == "$ref":
                total += cost_of(value.removeprefix("#/$defs/")) if value else 0
            else:
                total += (
                    sum(map(cost, value))
                    if isinstance(value, list)
                    else cost(value)
                    if value is not None
                    else 0
                )
        return total

    def cost_of(name: str) -> int:
        if name not in costs:
            costs[name] = 0  # in a circle, the validator stops
            costs[name] = cost(definitions[name])
        if costs[name] > MOST_AT_ONCE:
            raise UnusableSchema(
                f"more than {MOST_AT_ONCE} alternatives in alternatives look at the same value"
            )
        return costs[name]

    for name in definitions:
        cost_of(name)


def _too_deep() -> UnusableSchema:
    return UnusableSchema(f"it is nested more than {DEEPEST_SCHEMA} levels deep")


def shortened(value: Any) -> str:
    """The JSON of a value, or the beginning of it."""
    text = json.dumps(value, default=str)
    return text if len(text) <= 100 else text[:100] + "…"
