"""Puts shapes into an order in which most are defined before following use them."""

from collections.abc import Iterator, Mapping
from typing import Any

from celeriac.command.generate.document import Schema
from celeriac.command.generate.shapes import Shape


class Order:
    """An order of shapes by their names, those to which a shape refers before it; in a circle that cannot be."""

    def __init__(self, shapes: Mapping[str, Shape]) -> None:
        """Order these."""
        self.names = list(_ordered({name: list(_references_of(shapes[name])) for name in sorted(shapes)}))
        self._places = {name: place for place, name in enumerate(self.names)}

    def is_forward(self, name: str, schema: Schema) -> bool:
        """Whether this part of the shape refers to something that is defined with it or below it."""
        return any(self._places[referenced] >= self._places[name] for referenced in _references(schema))


def _ordered(references: Mapping[str, list[str]]) -> Iterator[str]:
    """Depth first, without recursion: a chain of shapes can be long."""
    entered: set[str] = set()
    for root in references:
        open_names = [] if root in entered else [(root, iter(references[root]))]
        entered.add(root)
        while open_names:
            name, following = open_names[-1]
            if (
                referenced := next(
                    (referenced for referenced in following if referenced not in entered), None
                )
            ) is None:
                open_names.pop()
                yield name
            else:
                entered.add(referenced)
                open_names.append((referenced, iter(references[referenced])))


def _references_of(shape: Shape) -> Iterator[str]:
    for member in shape.members or ():
        yield from _references(member.schema)
    yield from _references(shape.schema)


def _references(schema: Any) -> Iterator[str]:
    match schema:
        case {"$ref": str(name)}:
            yield name
        case {"enum": _}:
            return
        case dict():
            for value in schema.values():
                yield from _references(value)
        case list():
            for item in schema:
                yield from _references(item)
