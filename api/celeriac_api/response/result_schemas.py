"""Adds to the OpenAPI document what the tasks of each definition return."""

from collections.abc import Iterable
from itertools import count
from typing import Any

from celeriac.contract.definition import Definition

Schemas = dict[str, Any]

LOCAL, SHARED = "#/$defs/", "#/components/schemas/"


def describe_results(document: dict[str, Any], definitions: Iterable[Definition]) -> None:
    """Give each `POST /{name}` a task document of its own, with the definition's name and the schema of its result."""
    schemas: Schemas = document["components"]["schemas"]
    for definition in definitions:
        operation = document["paths"][f"/{definition.name}"]["post"]
        base = _base(operation)
        result = _shared(schemas, definition.output_schema)
        task = _free(schemas, f"{base}Task")
        schemas[task] = _task(definition.name, result)
        for status in ("200", "202"):
            content = operation["responses"][status]["content"]["application/json"]
            content["schema"] = {"$ref": f"{SHARED}{task}"}


def _base(operation: dict[str, Any]) -> str:
    """`Add`, if the input is `AddInput`."""
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    reference: str = body.get("$ref") or body["anyOf"][0]["$ref"]
    return reference.removeprefix(SHARED).removesuffix("Input")


def _task(name: str, result: Any) -> dict[str, Any]:
    """A task document with this name, whose result, if there is one, has this schema."""
    task = {"properties": {"name": {"const": name}, "result": {"anyOf": [result, {"type": "null"}]}}}
    return {
        "title": f"Task of {name}",
        "allOf": [{"$ref": f"{SHARED}TaskDocument"}, {"type": "object", **task}],
    }


def _shared(schemas: Schemas, schema: dict[str, Any]) -> Any:
    """The schema without definitions of its own: those are added to `schemas`, under a new name where they differ."""
    local = schema.get("$defs", {})
    names = _names(schemas, local)
    schemas.update((names[name], _renamed(part, names)) for name, part in local.items())
    return _renamed({key: value for key, value in schema.items() if key != "$defs"}, names)


def _names(schemas: Schemas, local: Schemas) -> dict[str, str]:
    """A name for each local schema: its own, unless a different schema has it."""
    candidates = {name: _candidates(name) for name in local}
    names = {name: next(names) for name, names in candidates.items()}
    while True:
        taken = [
            name
            for name, part in local.items()
            if names[name] in schemas and schemas[names[name]] != _renamed(part, names)
        ]
        if not taken:
            return names
        names |= {name: next(candidates[name]) for name in taken}


def _candidates(name: str) -> Iterable[str]:
    yield name
    yield f"{name}Result"
    yield from (f"{name}Result{number}" for number in count(2))


def _free(schemas: Schemas, name: str) -> str:
    return next(name for name in _candidates(name) if name not in schemas)


def _renamed(schema: Any, names: dict[str, str]) -> Any:
    """The schema with references to the document's schemas, by these names."""
    match schema:
        case {"$ref": str(reference)} if reference.startswith(LOCAL):
            return schema | {"$ref": SHARED + names[reference.removeprefix(LOCAL)]}
        case dict():
            return {key: _renamed(value, names) for key, value in schema.items()}
        case list():
            return [_renamed(item, names) for item in schema]
        case _:
            return schema
