"""Whatever an API calls its things, the module is plain code with types."""

import ast
import inspect
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from celeriac.client.client import Client
from tests.command.generate.documents import INTEGER, Made, document, reference
from tests.command.generate.modules import loaded, module_of

CODE = 'x"""\nimport os; os.system("touch pwned")\n"""\\'
NAMES = [
    *(
        "import",
        "None",
        "self",
        "list",
        "Tasks",
        "Model",
        "call",
        "dt",
        "Any",
        "shop.orders",
        "../../etc/passwd",
        "",
    ),
    *(
        "a b",
        "a-b",
        "a_b",
        "a.b",
        "_",
        "__init__",
        "1st",
        "größe",
        "ﬁ",
        "\u202e",
        "'",
        '"',
        "\\",
        "\n",
        "\0",
    ),
    CODE,
]
ALLOWED = (
    *(
        ast.Module,
        ast.Import,
        ast.ImportFrom,
        ast.alias,
        ast.ClassDef,
        ast.FunctionDef,
        ast.arguments,
        ast.arg,
    ),
    *(ast.Assign, ast.AnnAssign, ast.Expr, ast.Pass, ast.Raise, ast.Constant, ast.Name, ast.Attribute),
    *(ast.Subscript, ast.Tuple, ast.BinOp, ast.BitOr, ast.UnaryOp, ast.USub, ast.Call, ast.keyword),
    *(ast.Load, ast.Store),
)
HOSTILE = {
    "type": "object",
    "description": CODE,
    "properties": {
        name: {"type": "string", "description": CODE, "default": name, "pattern": CODE, "examples": [CODE]}
        for name in (*NAMES, "json", "model_dump", "model_config", "copy")
    },
}


def test_hostile_names_and_texts_become_plain_names_and_strings(tmp_path: Path) -> None:
    schemas = dict.fromkeys(NAMES, HOSTILE)
    properties = {name: {**reference(name), "description": CODE, "default": CODE} for name in NAMES}
    text = module_of(
        document(
            {name: Made(description=CODE, properties=properties, result=reference(name)) for name in NAMES},
            **schemas,
        )
    )
    check_is_plain(text)
    module = loaded(text, tmp_path)
    tasks = module.Tasks(Client("http://127.0.0.1:9"))
    declared = {call.name: name for name, call in vars(module.Tasks).items() if hasattr(call, "name")}
    assert declared.keys() == set(NAMES)
    for method in declared.values():
        call = getattr(tasks, method)
        parameters = dict.fromkeys(inspect.signature(call).parameters, 1)
        assert call.input(**parameters) == dict.fromkeys(NAMES, 1)
        assert inspect.getdoc(call)


@settings(max_examples=20)
@given(st.lists(st.text(max_size=20), min_size=1, max_size=4, unique=True), st.text(max_size=60))
def test_any_text_becomes_a_docstring_and_any_name_a_name(names: list[str], text: str) -> None:
    members = {name: {"type": "string", "description": text, "default": text} for name in names}
    shape = {"type": "object", "description": text, "properties": members}
    made = Made(description=text, properties=members, result=reference(names[0]))
    written = module_of(document(dict.fromkeys(names, made), **{names[0]: shape}))
    check_is_plain(written)


@pytest.mark.parametrize(
    "text", ['"', '""', '"""', '\\"', "\\", "\\\\", 'a"', "a\\", "\u202e", "\r", "\t", ""]
)
def test_a_docstring_has_the_text(text: str, tmp_path: Path) -> None:
    described = f"First.\n\nThen {text} and\nlast {text}"
    module = loaded(
        module_of(document({"one": Made(description=described), "two": Made(description=text)})), tmp_path
    )
    assert squeezed(module.Tasks.one.__doc__) == squeezed(described)
    assert squeezed(module.Tasks.two.__doc__ or "") == squeezed(text)


@pytest.mark.parametrize(
    ("schema", "argument", "result"),
    [
        (INTEGER, "int", "int"),
        ({"type": "number", "minimum": 0}, "float", "float"),
        ({"type": "string", "pattern": "(?=x)", "maxLength": 3}, "str", "str"),
        ({"type": "null"}, "None", "None"),
        ({}, "Any", "Any"),
        (True, "Any", "Any"),
        ({"not": INTEGER}, "Any", "Any"),
        ({"type": "string", "format": "date"}, "dt.date", "dt.date"),
        ({"type": "string", "format": "date-time"}, "dt.datetime", "dt.datetime"),
        ({"type": "string", "format": "duration"}, "dt.timedelta", "dt.timedelta"),
        ({"type": "string", "format": "uuid"}, "UUID", "UUID"),
        # A path is one of the worker's machine.
        ({"type": "string", "format": "path"}, "str", "str"),
        ({"type": "string", "format": "email"}, "str", "str"),
        (
            {"anyOf": [{"type": "number", "format": "decimal"}, {"type": "string", "format": "decimal"}]},
            "Decimal",
            "Decimal",
        ),
        ({"type": "string", "contentEncoding": "base64"}, "File", "Base64Bytes"),
        (
            {"type": "array", "items": {"type": "string", "contentEncoding": "base64"}},
            "list[bytes]",
            "list[Base64Bytes]",
        ),
        ({"type": ["string", "null"]}, "str | None", "str | None"),
        ({"const": 1}, "Literal[1]", "Literal[1]"),
        ({"enum": ["a", 'b"', None]}, "Literal['a', 'b\"'] | None", "Literal['a', 'b\"'] | None"),
        ({"enum": [0.5, 1]}, "float", "float"),
        ({"enum": [{"a": 1}]}, "Any", "Any"),
        ({"type": "array", "items": INTEGER, "uniqueItems": True}, "set[int]", "set[int]"),
        ({"type": "array", "items": {"type": "object"}, "uniqueItems": True}, *["list[dict[str, Any]]"] * 2),
        (
            {"type": "array", "prefixItems": [INTEGER, {"type": "string"}], "minItems": 2, "maxItems": 2},
            *["tuple[int, str]"] * 2,
        ),
        ({"type": "array", "prefixItems": [INTEGER]}, *["list[Any]"] * 2),
        ({"type": "object", "additionalProperties": INTEGER}, *["dict[str, int]"] * 2),
        (
            {"oneOf": [reference("Thing"), {"type": "null"}], "discriminator": {"propertyName": "x"}},
            *["Thing | None"] * 2,
        ),
        ({"allOf": [reference("Thing")]}, "Thing", "Thing"),
        ({"type": "object", "properties": {"x": INTEGER}}, "OneX", "OneResult"),
        (reference("FileInfo"), "FileInfo", "FileInfo"),
    ],
    ids=json.dumps,
)
def test_a_schema_becomes_a_type(schema: Any, argument: str, result: str) -> None:
    described = document(
        {"one": Made(properties={"x": schema}, result=schema)},
        Thing={"properties": {"a": INTEGER}},
        FileInfo={"properties": {"a": INTEGER}},
    )
    tree = ast.parse(module_of(described))
    (method,) = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    (parameter,) = method.args.kwonlyargs
    assert parameter.annotation is not None
    assert method.returns is not None
    assert (ast.unparse(parameter.annotation), ast.unparse(method.returns)) == (argument, result)


@pytest.mark.parametrize(
    ("schema", "default"),
    [
        ({**INTEGER, "default": 3}, "3"),
        ({"type": "boolean", "default": False}, "False"),
        ({"type": "string", "default": "it's"}, '"it\'s"'),
        ({"type": "number", "default": 1}, "1"),
        ({"type": ["number", "null"], "default": None}, "None"),
        ({"enum": ["a", 1], "default": "a"}, "'a'"),
        ({**reference("Colour"), "default": "red"}, "'red'"),
        # The API knows them; a signature cannot say them.
        ({"type": "string", "format": "date", "default": "2026-05-01"}, "DEFAULT"),
        ({"type": "array", "items": INTEGER, "default": []}, "DEFAULT"),
        ({**INTEGER, "default": True}, "DEFAULT"),
        ({**INTEGER, "default": "3"}, "DEFAULT"),
        ({"enum": [1], "default": True}, "DEFAULT"),
        ({"type": "number", "default": float("inf")}, "DEFAULT"),
        ({"type": "object", "default": {"a": CODE}}, "DEFAULT"),
    ],
    ids=str,
)
def test_a_default_is_shown_where_python_can_say_it(schema: Any, default: str) -> None:
    described = document({"one": Made(properties={"x": schema})}, Colour={"enum": ["red"], "title": "Colour"})
    text = module_of(described)
    (method,) = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef))
    (shown,) = method.args.kw_defaults
    assert shown is not None
    assert ast.unparse(shown) == ast.unparse(ast.parse(default, mode="eval").body)
    assert ("x: Default: " in text) == (default == "DEFAULT")


def test_shapes_that_refer_to_each_other_are_defined(tmp_path: Path) -> None:
    some_json = {
        "anyOf": [{"type": "string"}, {"type": "array", "items": reference("Json")}, reference("Tree")]
    }
    children = {"type": "array", "items": reference("Tree")}
    tree = {
        "properties": {"children": children, "json": reference("Json")},
        "required": ["children"],
        "title": "Tree",
    }
    described = document(
        {
            "grow": Made(
                properties={"tree": reference("Tree")}, result={"type": "array", "items": reference("Json")}
            )
        },
        Json=some_json,
        Tree=tree,
    )
    module = loaded(module_of(described), tmp_path)
    tree = module.Tree(children=[module.Tree(children=[], json_=["leaf"])])
    assert tree.model_dump() == {"children": [{"children": [], "json": ["leaf"]}]}
    assert vars(module.Tasks)["grow"].value(["a", ["b"], {"children": []}]) == [
        "a",
        ["b"],
        module.Tree(children=[]),
    ]


def test_shapes_are_one_where_only_their_names_in_the_document_differ() -> None:
    def person(friend: str, **more: Any) -> dict[str, Any]:
        return {"title": "Person", "properties": {"friend": reference(friend), **more}}

    shapes = {
        "Person": person("Person"),
        "PersonResult": person("PersonResult"),
        "Person3": person("Person3", age=INTEGER),
    }
    tasks = {name: Made(result=reference(name)) for name in shapes}
    classes = re.findall(r"^class (\w+)\(Model\)", module_of(document(tasks, **shapes)), re.MULTILINE)
    assert classes == ["Person", "Person3"]


def test_a_name_stays_when_another_one_that_is_alike_joins() -> None:
    before = set(re.findall(r"def (\w+)", module_of(document({"a_b": Made(), "list": Made()}))))
    after = re.findall(r'@call\("(.*)"\)\n    def (\w+)', module_of(document({"a.b": Made(), "a_b": Made()})))
    assert before == {"a_b", "list_"}
    assert after == [("a.b", "a_b_"), ("a_b", "a_b")]


def check_is_plain(text: str) -> None:
    """The module consists of declarations; nothing of the API is more than a name or a string in it."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        assert isinstance(node, ALLOWED), ast.dump(node)
        match node:
            case ast.Import(names=[ast.alias(name=module)]):
                assert module == "datetime"
            case ast.ImportFrom(module=module):
                assert module in {
                    "decimal",
                    "typing",
                    "uuid",
                    "celeriac",
                    "celeriac.client.typed",
                    "pydantic",
                    "typing_extensions",
                }
            case ast.Call(func=ast.Name(id=name)):
                assert name in {"call", "Field", "TypeAliasType"}
            case ast.Raise():
                assert ast.unparse(node) == "raise NotImplementedError"
    compile(tree, "module", "exec")
    # What an editor does not show, or shows elsewhere, is escaped.
    assert all(letter.isprintable() for letter in text if letter != "\n")


def squeezed(text: str) -> str:
    """Without what a docstring cannot keep: the width of space, and kinds of line ends."""
    return " ".join(text.split())
