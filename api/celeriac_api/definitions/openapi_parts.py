"""Describes definitions without a model in OpenAPI, each by a part of its own."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from celeriac.contract.catalog import PerDefinition
from celeriac.contract.definition import Definition
from celeriac.contract.json_schema.markers import published

LOCAL, SHARED = "#/$defs/", "#/components/schemas/"
OPTIONS_OF = "SubmissionByName"
JSON = "application/json"

Document = dict[str, Any]


class OpenAPIParts:
    """The part of each definition: its path, and its schemas, whose names begin with its own name."""

    def __init__(self, catalog: Mapping[str, Definition], operation: Callable[[], Document]) -> None:
        """`operation` makes that of any definition, from which each takes what all have in common."""
        self._make_operation = operation
        self._operation: Document | None = None
        self._parts = PerDefinition(catalog, self._part)

    def joined(self, base: Document, names: Iterable[str]) -> Document:
        """The document with the parts of these; `base` stays as it is."""
        names = list(names)
        if not names:
            return base
        paths, schemas = dict(base["paths"]), dict(base["components"]["schemas"])
        for name in names:
            part = self._parts.get(name)
            if part is not None:
                paths[f"/{name}"], of_part = part
                schemas.update(of_part)
        paths["/tasks"] = _with_names(base, names, schemas)
        components = {**base["components"], "schemas": schemas, **self._common()}
        # Those of definitions come first, as in the rest of the document.
        announced = {path: item for path, item in paths.items() if path not in base["paths"]}
        return {**base, "paths": announced | paths, "components": components}

    def _common(self) -> Document:
        """The parameters and refusals to which each part refers."""
        operation = self._operation or {}
        return {
            "parameters": {_name_of(each): each for each in operation.get("parameters", ())},
            "responses": {
                f"Submit{status}": response
                for status, response in operation.get("responses", {}).items()
                if status not in ("200", "202")
            },
        }

    def _part(self, definition: Definition) -> tuple[Document, Document]:
        if self._operation is None:
            self._operation = self._make_operation()
        schemas: Document = {}
        result = _shared(definition.name, published(definition.output_schema), schemas)
        schemas[f"{definition.name}.Input"] = _shared(
            definition.name, published(definition.input_schema), schemas
        )
        schemas[f"{definition.name}.Task"] = _task(definition.name, result)
        return {"post": _operation(self._operation, definition)}, schemas


def _operation(like: Document, definition: Definition) -> Document:
    content: Document = {"schema": {"$ref": f"{SHARED}{definition.name}.Input"}}
    if definition.examples:
        content["examples"] = {
            str(number): {"value": example} for number, example in enumerate(definition.examples, 1)
        }
    task = {"schema": {"$ref": f"{SHARED}{definition.name}.Task"}}
    return {
        "tags": like["tags"],
        "summary": definition.summary,
        "description": definition.description,
        "operationId": definition.name,
        "parameters": [{"$ref": f"#/components/parameters/{_name_of(each)}"} for each in like["parameters"]],
        "requestBody": {"required": bool(definition.required), "content": {JSON: content}},
        "responses": {
            status: {**response, "content": {**response["content"], JSON: task}}
            if status in ("200", "202")
            else {"$ref": f"#/components/responses/Submit{status}"}
            for status, response in like["responses"].items()
        },
        "security": like["security"],
        "x-celeriac-definition": definition.name,
    }


def _with_names(base: Document, names: list[str], schemas: Document) -> Document:
    """The path `/tasks`, whose body may also have one of these names. The options are those of the others."""
    path: Document = base["paths"]["/tasks"]
    body = path["post"]["requestBody"]
    schema = body["content"][JSON]["schema"]
    alternatives = schema.get("anyOf", [schema])
    first = schemas[alternatives[0]["$ref"].removeprefix(SHARED)]
    options = {name: option for name, option in first["properties"].items() if name not in ("name", "input")}
    schemas[OPTIONS_OF] = {
        "title": "Submission by name",
        "type": "object",
        "additionalProperties": False,
        "required": ["name"],
        "properties": {"name": {"enum": names}, "input": {"type": "object", "default": {}}, **options},
    }
    own = [] if "GenericSubmission" in alternatives[0]["$ref"] else alternatives
    content = {
        **body["content"][JSON],
        "schema": {"anyOf": [*own, {"$ref": SHARED + OPTIONS_OF}]},
    }
    post = {**path["post"], "requestBody": {**body, "content": {**body["content"], JSON: content}}}
    return {**path, "post": post}


def _task(name: str, result: Any) -> Document:
    """A task document with this name, whose result, if there is one, has this schema."""
    task = {"properties": {"name": {"const": name}, "result": {"anyOf": [result, {"type": "null"}]}}}
    return {
        "title": f"Task of {name}",
        "allOf": [{"$ref": f"{SHARED}TaskDocument"}, {"type": "object", **task}],
    }


def _shared(name: str, schema: Document, schemas: Document) -> Document:
    """The schema without definitions of its own: those are added to `schemas` with this name before theirs."""
    for local, part in schema.get("$defs", {}).items():
        schemas[f"{name}.{local}"] = _renamed(part, name)
    renamed: Document = _renamed({key: value for key, value in schema.items() if key != "$defs"}, name)
    return renamed


def _renamed(schema: Any, name: str) -> Any:
    match schema:
        case {"$ref": str(reference)} if reference.startswith(LOCAL):
            return {**schema, "$ref": f"{SHARED}{name}.{reference.removeprefix(LOCAL)}"}
        case dict():
            return {key: _renamed(value, name) for key, value in schema.items()}
        case list():
            return [_renamed(item, name) for item in schema]
        case _:
            return schema


def _name_of(parameter: Document) -> str:
    return f"{parameter['in']}.{parameter['name']}"
