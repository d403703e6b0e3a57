"""Made-up OpenAPI documents, with what no declared task would have."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SHARED = "#/components/schemas/"
INTEGER: dict[str, Any] = {"type": "integer"}


@dataclass(frozen=True, kw_only=True)
class Made:
    """A definition."""

    properties: Mapping[str, Any] = field(default_factory=dict)
    result: Any = field(default_factory=lambda: INTEGER)
    description: str = "A task."


def document(tasks: Mapping[str, Made], **schemas: Any) -> dict[str, Any]:
    """The document of an API with these definitions and schemas."""
    components = {**schemas, "TaskDocument": {"type": "object"}}
    paths = {}
    for number, (name, task) in enumerate(tasks.items()):
        required = [key for key, part in task.properties.items() if part is True or "default" not in part]
        components[f"Input{number}"] = {"properties": task.properties, "required": required}
        result = {"properties": {"result": {"anyOf": [task.result, {"type": "null"}]}}}
        components[f"Task{number}"] = {"allOf": [reference("TaskDocument"), result]}
        paths[f"/{number}"] = {
            "post": {
                "x-celeriac-definition": name,
                "description": task.description,
                "requestBody": {"content": content(f"Input{number}")},
                "responses": {"202": {"content": content(f"Task{number}")}},
            }
        }
    return {"openapi": "3.1.0", "paths": paths, "components": {"schemas": components}}


def content(name: str) -> dict[str, Any]:
    """JSON with this schema."""
    return {"application/json": {"schema": reference(name)}}


def reference(name: str) -> dict[str, str]:
    """A reference to this schema."""
    return {"$ref": f"{SHARED}{name}"}
