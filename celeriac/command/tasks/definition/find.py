"""Finds a task definition by its name, from the catalog or the OpenAPI document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from celeriac.command.output.exit_codes import ExitCode
from celeriac.command.output.refusal import Refusal
from celeriac.values.json.shape import Shape

if TYPE_CHECKING:
    from celeriac.client.client import Client

MOST_NAMES = 20


@dataclass(frozen=True)
class Definition:
    """What a person needs to know to submit a task."""

    name: str
    description: str
    input: Shape
    output: Shape
    examples: Sequence[Mapping[str, Any]]


def find_definition(client: "Client", name: str) -> Definition:
    """The definition of this name; `Refusal` where there is none."""
    from celeriac.client.errors import Forbidden

    try:
        catalog = client.catalog()
    except Forbidden:  # a key that can only submit may read /openapi.json
        return _of_openapi(client.openapi(), name)
    for document in catalog:
        if document["name"] == name:
            return Definition(
                name,
                document["description"] or document["summary"],
                Shape.of(document["input_schema"]),
                Shape.of(document["output_schema"]),
                document["examples"],
            )
    raise unknown(name, [document["name"] for document in catalog])


def unknown(name: str, names: Sequence[str]) -> Refusal:
    """No definition has this name; one of `names` may be meant."""
    # Tasks of an existing app have the names of their modules: shop.tasks.charge.
    near = [each for each in names if "." in each and each.rpartition(".")[2] == name]
    near = near[:1] or get_close_matches(name, names, n=1)
    first = ", ".join(names[:MOST_NAMES]) + (" …" if len(names) > MOST_NAMES else "")
    return Refusal(
        f"The server has no task definition {name[:100]!r}.",
        why=f"It has: {first}." if names and not near else "",
        advice=f"Did you mean {near[0]}?" if near else "celeriac catalog",
        exit_code=ExitCode.NOT_FOUND,
    )


def _of_openapi(document: Mapping[str, Any], name: str) -> Definition:
    paths = document["paths"]
    operation = paths.get(f"/{name}", {}).get("post", {})
    # One that was announced refers to parameters that all of them have.
    names = [
        parameter.get("name", parameter.get("$ref", "")) for parameter in operation.get("parameters", ())
    ]
    if not any(name in ("expires", "#/components/parameters/query.expires") for name in names):
        raise unknown(name, [])
    return Definition(
        name,
        operation.get("description", ""),
        Shape(_json_schema(operation.get("requestBody")), document),
        Shape({}, document),
        [],
    )


def _json_schema(body: Any) -> Mapping[str, Any]:
    schema: Mapping[str, Any] = (body or {}).get("content", {}).get("application/json", {}).get("schema", {})
    return schema
