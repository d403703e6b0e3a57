"""Adds to the OpenAPI document what only the definitions know: results, and formats of inputs."""

from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any

from celeriac.contract.definition import Definition
from celeriac.contract.json_schema.markers import published
from celeriac.files.parameters import MULTIPART, UploadParameters
from celeriac_api.response.files.form_schemas import describe_form

Schemas = dict[str, Any]

LOCAL, SHARED = "#/$defs/", "#/components/schemas/"


def describe_definitions(document: dict[str, Any], definitions: Iterable[Definition]) -> None:
    """Give each `POST /{name}` a task document of its own, with the definition's name and the schema of its result.

    FastAPI writes the schemas of the inputs, with pydantic's formats alone; ours are added. The submissions of `POST /tasks` get
    the options that the first one has.
    """
    schemas: Schemas = document["components"]["schemas"]
    _share_options(document["paths"]["/tasks"]["post"], schemas)
    formats = _Formats(schemas)
    for definition in definitions:
        operation = document["paths"][f"/{definition.name}"]["post"]
        input_name = _input_name(operation)
        formats.add(published(definition.input_schema), schemas[input_name])
        if form := operation["requestBody"]["content"].get(MULTIPART):
            describe_form(form["schema"], UploadParameters.of(definition.input_schema), schemas[input_name])
        task = _free(schemas, f"{input_name.removesuffix('Input')}Task")
        schemas[task] = _task(definition.name, _shared(schemas, definition.output_schema))
        for status in ("200", "202"):
            content = operation["responses"][status]["content"]["application/json"]
            content["schema"] = {"$ref": f"{SHARED}{task}"}


def _share_options(operation: dict[str, Any], schemas: Schemas) -> None:
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    first, *later = (
        schemas[part["$ref"].removeprefix(SHARED)]["properties"] for part in schema.get("anyOf", [schema])
    )
    for properties in later:
        properties |= {name: option for name, option in first.items() if name not in properties}


class _Formats:
    """Adds the formats of a definition's schema to the one that FastAPI wrote for the same type."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas
        self._seen: set[str] = set()

    def add(self, ours: dict[str, Any], theirs: dict[str, Any]) -> None:
        """Add those of `ours`, with all to which it refers."""
        self._add(ours, theirs, ours.get("$defs", {}))

    def _add(self, ours: Any, theirs: Any, local: Schemas) -> None:
        match ours, theirs:
            case {"$ref": our_name}, {"$ref": their_name}:
                if their_name not in self._seen:
                    self._seen.add(their_name)
                    theirs = self._schemas[their_name.removeprefix(SHARED)]
                    self._add(local[our_name.removeprefix(LOCAL)], theirs, local)
            case dict(), dict():
                if isinstance(ours.get("format"), str):
                    theirs.setdefault("format", ours["format"])
                for key in ours.keys() & theirs.keys():
                    self._add(ours[key], theirs[key], local)
            case list(), list():
                for our_item, their_item in zip(ours, theirs, strict=False):
                    self._add(our_item, their_item, local)


def _input_name(operation: dict[str, Any]) -> str:
    reference: str = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    return reference.removeprefix(SHARED)


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


def _candidates(name: str) -> Iterator[str]:
    yield name
    yield f"{name}Result"
    yield from (f"{name}Result{number}" for number in count(2))


def _free(schemas: Schemas, name: str) -> str:
    return next(name for name in _candidates(name) if name not in schemas)


def _renamed(schema: Any, names: dict[str, str]) -> Any:
    """The schema with references to the document's schemas, by these names. FastAPI leaves a default of null out."""
    match schema:
        case {"$ref": str(reference)} if reference.startswith(LOCAL):
            return {**schema, "$ref": SHARED + names[reference.removeprefix(LOCAL)]}
        case dict():
            return {
                key: _renamed(value, names)
                for key, value in schema.items()
                if not (key == "default" and value is None)
            }
        case list():
            return [_renamed(item, names) for item in schema]
        case _:
            return schema
