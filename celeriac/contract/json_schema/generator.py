"""Writes the JSON Schemas of definitions: pydantic's own, with our markers in those of inputs.

By a schema without the markers, a door would accept inputs that the worker then refuses: `"abc"` for a decimal, `{"x": 1}` for a
`dict[int, int]`.
"""

import re
from collections.abc import Iterable, Iterator
from enum import STRICT, Enum, Flag
from functools import reduce
from operator import or_
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode
from pydantic_core import core_schema

from celeriac.contract.json_schema.markers import EXACT, FIELDS, KEY, PYTHON, marker
from celeriac.files.form import KEYWORD

Schema = dict[str, Any]
# Types whose schema says all, unless they have a constraint of their own: the door reads their formats as pydantic does.
FORMATTED = frozenset(("date", "datetime", "time", "timedelta", "uuid"))
# What the task gets as an object of Python, in place of the text.
OBJECTS = FORMATTED | {"decimal"}
# Options of a text that change it before its other constraints are looked at; the configuration of a model may have them, too.
CHANGES = ("strip_whitespace", "to_lower", "to_upper")
# Flags whose combinations are listed; and the largest number that pydantic reads for one.
MOST_FLAGS, LARGEST_FLAGS = 6, 2**63 - 1
OF_TEXT = (*CHANGES, "min_length", "max_length")

# What Rust's regular expressions, which pydantic uses, and those of JSON Schema read in different ways, or one alone reads. A `\d`
# of JSON Schema is one of ten digits, and the task gets no others.
OTHER_REGEX = re.compile(r"\\[DWSBsbAzpP]|\(\?[^:=!<]|\[\[|&&|--|~~")
# Core schemas that contain the one of a key, and where.
AROUND = {
    "lax-or-strict": "strict_schema",
    "json-or-python": "json_schema",
    **dict.fromkeys(("nullable", "default", "function-before", "function-after", "function-wrap"), "schema"),
}


class SchemaGenerator(GenerateJsonSchema):
    """Pydantic's schemas, in which decimals are not just numbers and strings, and which have our markers as far as they are of inputs.

    The format of decimals is that of https://spec.openapis.org/registry/format/decimal.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """As pydantic makes it."""
        super().__init__(*arguments, **options)
        self._by_reference: dict[str, Any] = {}

    def generate(self, schema: Any, mode: JsonSchemaMode = "validation") -> Schema:
        """The whole schema."""
        made = super().generate(schema, mode)
        if mode == "validation":
            _mark_bytes(made)
        return made

    def definitions_schema(self, schema: core_schema.DefinitionsSchema) -> Schema:
        """Remembers what is defined: keys of dictionaries may refer to it."""
        self._by_reference |= {part["ref"]: part for part in schema["definitions"] if "ref" in part}
        return super().definitions_schema(schema)

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> Schema:
        """Number or string as input, string as output."""
        made = super().decimal_schema(schema)
        for kind in made.get("anyOf", [made]):
            kind["format"] = "decimal"
        return self._marked(made, schema)

    def date_schema(self, schema: core_schema.DateSchema) -> Schema:
        """A date."""
        return self._marked(super().date_schema(schema), schema)

    def datetime_schema(self, schema: core_schema.DatetimeSchema) -> Schema:
        """A date and time."""
        return self._marked(super().datetime_schema(schema), schema)

    def time_schema(self, schema: core_schema.TimeSchema) -> Schema:
        """A time of day."""
        return self._marked(super().time_schema(schema), schema)

    def timedelta_schema(self, schema: core_schema.TimedeltaSchema) -> Schema:
        """A duration."""
        return self._marked(super().timedelta_schema(schema), schema)

    def uuid_schema(self, schema: core_schema.UuidSchema) -> Schema:
        """A UUID."""
        return self._marked(super().uuid_schema(schema), schema)

    def url_schema(self, schema: core_schema.UrlSchema) -> Schema:
        """A URL."""
        return self._marked(super().url_schema(schema), schema)

    def multi_host_url_schema(self, schema: core_schema.MultiHostUrlSchema) -> Schema:
        """A URL with several hosts."""
        return self._marked(super().multi_host_url_schema(schema), schema)

    def fraction_schema(self, schema: Any) -> Schema:
        """A fraction."""
        return self._marked(super().fraction_schema(schema), schema)

    def complex_schema(self, schema: core_schema.ComplexSchema) -> Schema:
        """A complex number."""
        return self._marked(super().complex_schema(schema), schema)

    def str_schema(self, schema: core_schema.StringSchema) -> Schema:
        """A text; if it is changed first, what JSON Schema says of its length and pattern is about another text."""
        made, whole = super().str_schema(schema), _with_configuration(schema, self._config)
        if self.mode != "validation":
            return made
        if not isinstance(whole.get("pattern"), str) or self._config.regex_engine != "rust-regex":
            whole.pop("pattern", None)
        if any(map(whole.get, CHANGES)) or OTHER_REGEX.search(whole.get("pattern", "")):
            return {**made, EXACT: marker(whole)}
        lengths = {"minLength": whole.get("min_length"), "maxLength": whole.get("max_length")}
        return made | {name: length for name, length in lengths.items() if length is not None}

    def float_schema(self, schema: core_schema.FloatSchema) -> Schema:
        """A number; of which one is a multiple, pydantic says by a rule of its own."""
        made = super().float_schema(schema)
        if self.mode == "validation" and schema.get("multiple_of") is not None:
            made[EXACT] = marker(schema)
        return made

    def enum_schema(self, schema: core_schema.EnumSchema) -> Schema:
        """The values of an enum; flags can be combined."""
        made = super().enum_schema(schema)
        if self.mode == "validation" and issubclass(schema["cls"], Flag):
            del made["enum"]
            made |= {"type": "integer", **_combinations(schema["cls"])}
        return made

    def set_schema(self, schema: core_schema.SetSchema) -> Schema:
        """An array. It is not refused for a value that it has twice, unless it must have some number of values."""
        return self._set(super().set_schema(schema), schema)

    def frozenset_schema(self, schema: core_schema.FrozenSetSchema) -> Schema:
        """The same."""
        return self._set(super().frozenset_schema(schema), schema)

    def dict_schema(self, schema: core_schema.DictSchema) -> Schema:
        """An object, with what its names must be."""
        return self._named(super().dict_schema(schema), schema)

    def frozendict_schema(self, schema: Any) -> Schema:
        """The same."""
        return self._named(super().frozendict_schema(schema), schema)

    def ordered_dict_schema(self, schema: Any) -> Schema:
        """The same."""
        return self._named(super().ordered_dict_schema(schema), schema)

    def counter_schema(self, schema: Any) -> Schema:
        """The same."""
        return self._named(super().counter_schema(schema), schema)

    def named_tuple_schema(self, schema: Any) -> Schema:
        """An array; it may also be given as an object."""
        made = super().named_tuple_schema(schema)
        if self.mode == "validation":
            made[FIELDS] = [field.get("validation_alias", field["name"]) for field in schema["fields"]]
        return made

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> Schema:
        """Alternatives by a member, which must be there also if it has a default; by a function, any of them."""
        made = super().tagged_union_schema(schema)
        if self.mode != "validation":
            return made
        if callable(schema["discriminator"]):
            made["anyOf"] = made.pop("oneOf")
        elif tag := made.get("discriminator", {}).get("propertyName"):
            made["required"] = [tag]
        return made

    def _marked(self, made: Schema, schema: Any) -> Schema:
        if self.mode != "validation":
            return made
        exact = marker(schema)
        if exact is not None and not (len(exact) == 1 and schema["type"] in FORMATTED):
            made[EXACT] = exact
        if schema["type"] in OBJECTS:
            made[PYTHON] = schema["type"]
        return made

    def _set(self, made: Schema, schema: Any) -> Schema:
        if self.mode == "validation" and not schema.get("min_length"):
            del made["uniqueItems"]
        return made

    def _named(self, made: Schema, schema: Any) -> Schema:
        if self.mode == "validation" and "keys_schema" in schema:
            made.pop("propertyNames", None)
            if names := self._names(schema["keys_schema"]):
                made["propertyNames"] = names
        return made

    def _names(self, schema: Any) -> Schema | None:
        """The schema of a name that is text for such a key; None if it may be any."""
        bare = self._bare(schema)
        match bare["type"]:
            case "str":
                made = self.str_schema(bare)
                return {name: part for name, part in made.items() if name not in {"type", "title"}} or None
            case "enum" | "literal":
                return {"enum": list(_texts(bare.get("members") or bare["expected"]))}
            case "union":
                choices = (each[0] if isinstance(each, tuple) else each for each in bare["choices"])
                names = [self._names(each) for each in choices]
                return None if None in names else {"anyOf": names}
            case _:
                exact = marker(bare)
                return None if exact is None else {KEY: exact}

    def _bare(self, schema: Any) -> Any:
        """The core schema that decides, in those around it."""
        match schema["type"]:
            case "definition-ref":
                return self._bare(self._by_reference.get(schema["schema_ref"], {"type": "any"}))
            case kind if kind in AROUND:
                return self._bare(schema[AROUND[kind]])
        return schema


def _with_configuration(schema: Any, configuration: Any) -> dict[str, Any]:
    """A text's core schema, with what the configuration of its model says of all texts."""
    general = {name: getattr(configuration, f"str_{name}", None) for name in OF_TEXT}
    return {**{name: value for name, value in general.items() if value}, **schema}


def _combinations(flags: type[Flag]) -> Schema:
    """The values of flags that are combined; those of many flags are not listed."""
    members = [member.value for member in flags]
    if getattr(flags, "_boundary_", STRICT) is not STRICT:
        return {"minimum": 0, "maximum": LARGEST_FLAGS}
    if len(members) > MOST_FLAGS:
        return {"minimum": 0, "maximum": reduce(or_, members)}
    combined = {0}
    for member in members:
        combined |= {value | member for value in combined}
    return {"enum": sorted(combined)}


def _texts(values: Iterable[Any]) -> Iterator[str]:
    """The names that mean these values."""
    for each in values:
        value = each.value if isinstance(each, Enum) else each
        if isinstance(value, str) or type(value) is int:
            yield str(value)


def _mark_bytes(schema: Any) -> None:
    """Bytes write their schema themselves; files are not bytes."""
    if isinstance(schema, list):
        for part in schema:
            _mark_bytes(part)
    elif (
        isinstance(schema, dict)
        and schema.get("contentEncoding") == "base64"
        and schema.get("type") == "string"
    ):
        schema[PYTHON] = "bytes"
    elif isinstance(schema, dict) and KEYWORD not in schema:
        for part in schema.values():
            _mark_bytes(part)
