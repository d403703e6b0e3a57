"""Writes the models: a class for each object, an alias for each other schema."""

from collections.abc import Iterator, Mapping
from functools import cache

from celeriac.command.generate.annotations import Annotations
from celeriac.command.generate.defaults import written_default
from celeriac.command.generate.docstrings import docstring
from celeriac.command.generate.layout import fitted
from celeriac.command.generate.names import identifier, quoted, unique_names
from celeriac.command.generate.order import Order
from celeriac.command.generate.shapes import Member, Shape


class Models:
    """All models of a module. `used` collects the names in those types that are written as strings."""

    def __init__(
        self, shapes: Mapping[str, Shape], annotations: Annotations, *, taken: frozenset[str]
    ) -> None:
        """No field has a name that is taken: it would hide that in its class."""
        self._shapes, self._annotations = shapes, annotations
        self._taken = taken | shapes.keys() | _members_of_models()
        self._order = Order(shapes)
        self.forward: list[str] = []

    def texts(self) -> Iterator[str]:
        """The code of each, in their order."""
        for name in self._order.names:
            shape = self._shapes[name]
            yield (
                self._alias(name, shape)
                if shape.members is None
                else self._class(name, shape.description, shape.members)
            )

    def _class(self, name: str, description: str, members: tuple[Member, ...]) -> str:
        fields = unique_names((member.name for member in members), identifier, self._taken)
        documented = docstring(description, indent="    ")
        lines = [f"class {name}(Model):", *documented, *([""] if documented and members else [])]
        for member in members:
            lines.append(self._field(name, fields[member.name], member))
            lines += docstring(member.description, indent="    ")
        return "\n".join(lines if members or documented else [*lines, "    pass"])

    def _field(self, owner: str, name: str, member: Member) -> str:
        hint = self._annotations.value(member.schema)
        if self._order.is_forward(owner, member.schema):
            hint = self._quoted(hint)
        if name != member.name:
            hint = f"Annotated[{hint}, Field(alias={quoted(member.name)})]"
        default = written_default(member, self._shapes)
        return fitted(f"    {name}: {hint}" + (f" = {default}" if default else ""))

    def _alias(self, name: str, shape: Shape) -> str:
        hint = self._annotations.value(shape.schema)
        if self._order.is_forward(name, shape.schema):
            hint = f'TypeAliasType("{name}", {self._quoted(hint)})'
        return "\n".join([fitted(f"{name} = {hint}"), *docstring(shape.description, indent="")])

    def _quoted(self, hint: str) -> str:
        self.forward.append(hint)
        return quoted(hint)


@cache
def _members_of_models() -> frozenset[str]:
    """What every pydantic model has."""
    from pydantic import BaseModel

    return frozenset(dir(BaseModel))
