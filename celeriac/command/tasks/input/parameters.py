"""Describes the parameters of a definition, a line each, for people."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from celeriac.command.tasks.input.label import choice_text, label_of
from celeriac.values.json.shape import Leaf, Schema, Shape

# A model in a model; what is further in is given as JSON.
DEEPEST = 3
MOST_ROWS = 100
LONGEST_DEFAULT = 40


@dataclass(frozen=True)
class Parameter:
    """What one may give: `name` as in `name=value`, with the path to a member."""

    name: str
    facts: str
    description: str


def parameters_of(shape: Shape) -> list[Parameter]:
    """All of them; those that are required first."""
    return list(islice(_rows(shape, "", 1), MOST_ROWS))


def _rows(shape: Shape, place: str, depth: int) -> Iterator[Parameter]:
    members, required = shape.members(), shape.required()
    for name, member in sorted(members.items(), key=lambda item: item[0] not in required):
        path = f"{place}{name}"
        yield Parameter(path, _facts(member, is_required=name in required), member.description)
        if depth < DEEPEST:
            yield from _rows(member, f"{path}.", depth + 1)
            if item := _item(member):
                yield from _rows(item, f"{path}.0.", depth + 1)


def _item(shape: Shape) -> Shape | None:
    leaf = shape.leaf("array")
    item = shape.item(leaf, 0) if leaf else None
    return item if item and item.members() else None


def _facts(shape: Shape, *, is_required: bool) -> str:
    limits = [limit for leaf in shape.leaves for limit in _limits(leaf)]
    label = label_of(shape)
    if not is_required and shape.schema.get("default", ...) is None:
        label = label.removesuffix(" or null")
    facts = [label + (f" ({', '.join(limits)})" if limits else ""), _need(shape, is_required=is_required)]
    if shape.schema.get("writeOnly") is True:
        facts.append("hidden in answers")
    return ", ".join(facts)


def _need(shape: Shape, *, is_required: bool) -> str:
    if is_required:
        return "required"
    default = shape.schema.get("default")
    text = choice_text(default)
    is_plain = default not in (None, "") and len(text) <= LONGEST_DEFAULT and not shape.is_base64
    return f"default {text}" if is_plain else "optional"


def _limits(leaf: Leaf) -> Iterator[str]:
    schema = leaf.schema
    yield from _range(schema, "minimum", "maximum", "")
    if "exclusiveMinimum" in schema:
        yield f"more than {schema['exclusiveMinimum']}"
    if "exclusiveMaximum" in schema:
        yield f"less than {schema['exclusiveMaximum']}"
    if "multipleOf" in schema:
        yield f"a multiple of {schema['multipleOf']}"
    yield from _range(schema, "minLength", "maxLength", " characters")
    if isinstance(pattern := schema.get("pattern"), str) and not leaf.is_base64:
        yield f"matches {pattern}"
    if "prefixItems" not in schema:
        yield from _range(schema, "minItems", "maxItems", " items")


def _range(schema: Schema, lowest: str, highest: str, unit: str) -> Iterator[str]:
    low: Any = schema.get(lowest)
    high: Any = schema.get(highest)
    if low is not None and high is not None:
        yield f"{low} to {high}{unit}"
    elif low is not None:
        yield f"at least {low}{unit}"
    elif high is not None:
        yield f"at most {high}{unit}"
