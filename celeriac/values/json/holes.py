"""Tells which errors of pydantic are about places of a value that are known later."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

Location: TypeAlias = Sequence[int | str]
_Tree: TypeAlias = dict[int | str, "_Tree"]


class Holes:
    """The places, as a tree of their steps: each location is looked up once, however many holes there are."""

    def __init__(self, holes: Iterable[Location]) -> None:
        """The paths to the holes."""
        self._tree: _Tree = {}
        for hole in holes:
            node = self._tree
            for step in hole:
                node = node.setdefault(step, {})

    def __contains__(self, location: Location) -> bool:
        """Whether all steps to a hole are in the location, in their order: between them are names of types."""
        nodes = {id(self._tree): self._tree}
        for step in location:
            nodes |= {id(node[step]): node[step] for node in nodes.values() if step in node}
        return not all(nodes.values())
