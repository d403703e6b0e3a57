"""Reads the definitions of an API from its OpenAPI document."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from celeriac.command.output.refusal import Refusal

Schema = dict[str, Any]
COMPONENTS = "#/components/schemas/"


@dataclass(frozen=True, kw_only=True)
class DescribedTask:
    """A definition as the document describes it."""

    name: str
    description: str
    input_schema: Schema
    result_schema: Any


def described_tasks(document: Any, *, source: str) -> tuple[list[DescribedTask], dict[str, Schema]]:
    """The definitions in the order of their names, and the schemas to which they refer.

    `Refusal` if the document, which is from `source`, is not that of a Celeriac API.
    """
    _check_text(document, source)
    try:
        schemas: dict[str, Schema] = document["components"]["schemas"]
        tasks = [_task(operation, schemas) for operation in _submissions(document)]
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as wrong:
        raise _is_not_ours(source) from wrong
    if not tasks:
        raise _is_not_ours(source)
    return sorted(tasks, key=lambda task: task.name), schemas


def referenced(reference: str, schemas: dict[str, Schema]) -> str:
    """The name of the schema to which this refers; `Refusal` if the document does not have it."""
    name = reference.removeprefix(COMPONENTS)
    if name == reference or name not in schemas:
        raise Refusal(f"The document refers to the schema {reference!r}, which it does not contain.")
    return name


def _submissions(document: Any) -> Iterator[Any]:
    for methods in document["paths"].values():
        operation = methods.get("post", {})
        if "x-celeriac-definition" in operation:
            yield operation


def _task(operation: Any, schemas: dict[str, Schema]) -> DescribedTask:
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    answer = operation["responses"]["202"]["content"]["application/json"]["schema"]
    task = schemas[referenced(answer["$ref"], schemas)]
    (_, own) = task["allOf"]
    return DescribedTask(
        name=_text(operation["x-celeriac-definition"]),
        description=_text(operation.get("description", "")),
        input_schema=schemas[referenced(body["$ref"], schemas)],
        result_schema=own["properties"]["result"]["anyOf"][0],
    )


def _check_text(document: Any, source: str) -> None:
    """JSON can escape half of a character (RFC 8259 §8.2), which no file can have."""
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise Refusal(f"{source} contains a lone surrogate, {error.object[error.start]!r}.") from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _is_not_ours(source: str) -> Refusal:
    return Refusal(
        f"{source} is not the OpenAPI document of a Celeriac API.",
        why="It describes no tasks with their results.",
        advice="Celeriac serves its document at /openapi.json; celeriac openapi prints it.",
    )
