"""Lets datamodel-code-generator write the Python types of schemas, and takes them from its code.

It gets nothing but types: no names, descriptions or patterns of the API, so none of these can become code.
"""

import ast
import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from celeriac.command.generate.document import Schema
from celeriac.command.generate.names import quoted

BUILTINS = frozenset({"bool", "dict", "float", "int", "list", "set", "str", "tuple"})
# What datamodel-code-generator imports, as the module that is written names it.
IMPORTED = {
    "Any": "Any",
    "Decimal": "Decimal",
    "UUID": "UUID",
    "date": "dt.date",
    "datetime": "dt.datetime",
    "time": "dt.time",
    "timedelta": "dt.timedelta",
}


class Annotations:
    """The Python types of schemas, which can refer to named shapes."""

    def __init__(self, schemas: Iterable[Schema], shapes: Collection[str]) -> None:
        """Find the types of all these schemas at once."""
        distinct = {json.dumps(schema): schema for schema in schemas}
        name = _unused_name(shapes)
        parsed = _parsed(_generated(_definitions(name, distinct.values(), shapes)))
        self._types = dict(zip(distinct, parsed.pop(name), strict=True))
        aliases = {alias: hints[0] for alias, hints in parsed.items() if hints and alias not in shapes}
        self._of_value = _Writer(shapes, aliases, binary="Base64Bytes")
        self._of_argument = _Writer(shapes, aliases, binary="File")

    def value(self, schema: Schema) -> str:
        """The type of what a program reads."""
        return self._of_value.text(self._types[json.dumps(schema)])

    def argument(self, schema: Schema) -> str:
        """The type of what a program sends: where bytes are expected, a file will do."""
        return self._of_argument.text(self._types[json.dumps(schema)])


def _unused_name(shapes: Collection[str]) -> str:
    name = "Types"
    while name in shapes:
        name += "X"
    return name


def _definitions(name: str, schemas: Iterable[Schema], shapes: Iterable[str]) -> dict[str, Any]:
    """A schema with an empty object for each shape, and one object whose members have the schemas."""
    members = {f"m{number}": _with_local_references(schema) for number, schema in enumerate(schemas)}
    empty = {"type": "object", "properties": {}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": {
            **dict.fromkeys(shapes, empty),
            name: {"type": "object", "properties": members, "required": list(members)},
        },
    }


def _with_local_references(schema: Any) -> Any:
    match schema:
        case {"$ref": str(name)}:
            return {"$ref": f"#/$defs/{name}"}
        case {"enum": _}:
            return schema
        case dict():
            return {key: _with_local_references(value) for key, value in schema.items()}
        case list():
            return [_with_local_references(item) for item in schema]
        case _:
            return schema


def _generated(schema: dict[str, Any]) -> str:
    from datamodel_code_generator import generate
    from datamodel_code_generator.config import GenerateConfig
    from datamodel_code_generator.enums import DataModelType, InputFileType
    from datamodel_code_generator.format import DatetimeClassType, PythonVersion
    from datamodel_code_generator.parser import LiteralType

    config = GenerateConfig(
        input_file_type=InputFileType.JsonSchema,
        output_model_type=DataModelType.PydanticV2BaseModel,
        target_python_version=PythonVersion.PY_311,
        output_datetime_class=DatetimeClassType.Datetime,
        enum_field_as_literal=LiteralType.All,
        use_type_alias=True,
        use_annotated=True,
        use_unique_items_as_set=True,
        use_tuple_for_fixed_items=True,
        custom_class_name_generator=str,
        disable_future_imports=True,
        disable_timestamp=True,
        allow_remote_refs=False,
        formatters=[],
    )
    generated = generate(schema, config=config)
    if not isinstance(generated, str):
        raise TypeError(generated)
    return generated


def _parsed(code: str) -> dict[str, list[ast.expr]]:
    """The types of the members of each class, and that of each alias."""
    parsed: dict[str, list[ast.expr]] = {}
    for statement in ast.parse(code).body:
        match statement:
            case ast.ClassDef(name=name, body=body):
                parsed[name] = [part.annotation for part in body if isinstance(part, ast.AnnAssign)]
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(args=[_, hint])):
                parsed[name] = [hint]
    return parsed


class _Writer:
    """Writes types; anything that is not one of the types above, a shape or a literal is an error."""

    def __init__(self, shapes: Collection[str], aliases: Mapping[str, ast.expr], *, binary: str) -> None:
        """`aliases` are those of no shape: their own types replace them. `binary` is what is sent as base64."""
        self._shapes = shapes
        self._aliases = aliases
        self._binary = binary
        # A list of files would not take a list of bytes.
        self._of_items = self if binary != "File" else _Writer(shapes, aliases, binary="bytes")

    def text(self, expression: ast.expr) -> str:
        match expression:
            case ast.Constant(value=str(text)):
                return self.text(ast.parse(text, mode="eval").body)
            case ast.Constant(value=None):
                return "None"
            case ast.Name(id=name):
                return self._named(name)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return f"{self.text(left)} | {self.text(right)}"
            case ast.Subscript(value=ast.Name(id=name), slice=argument):
                return self._generic(name, argument.elts if isinstance(argument, ast.Tuple) else [argument])
        raise ValueError(ast.unparse(expression))

    def _generic(self, name: str, arguments: list[ast.expr]) -> str:
        match name:
            case "Annotated":
                return self.text(arguments[0])
            case "Optional":
                return f"{self.text(arguments[0])} | None"
            case "Union":
                return " | ".join(map(self.text, arguments))
            case "Literal":
                return f"Literal[{', '.join(_literal(ast.literal_eval(value)) for value in arguments)}]"
        return f"{self._named(name)}[{', '.join(map(self._of_items.text, arguments))}]"

    def _named(self, name: str) -> str:
        if name in self._shapes or name in BUILTINS:
            return name
        if name in self._aliases:
            return self.text(self._aliases[name])
        return self._binary if name == "bytes" else IMPORTED[name]


def _literal(value: object) -> str:
    if not isinstance(value, str | int | None):
        raise TypeError(value)
    return quoted(value) if isinstance(value, str) else repr(value)
