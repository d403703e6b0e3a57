"""Reads what waits for what, around one task."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from celeriac.ledger.model.states import State
from celeriac.ledger.model.task import Gone
from celeriac.ledger.model.task_filter import whose
from celeriac.ledger.store import scripts
from celeriac.ledger.store.connection import Argument, Connection
from celeriac.ledger.store.epoch import Epoch
from celeriac.ledger.store.group_commit import Batching

_PARTS = 8


class Kind(StrEnum):
    """What there is in a graph."""

    TASK = "task"
    BATCH = "batch"


@dataclass(frozen=True, slots=True)
class Neighbors:
    """How many tasks there are on one side of a task, and the ids of those that are in the graph."""

    count: int
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """A task or batch in a graph: it waited for those `before`, and those `behind` wait for it."""

    kind: Kind
    id: str
    name: str
    state: State
    before: Neighbors
    behind: Neighbors


class Graphs:
    """Requests one after another, over a separate connection."""

    def __init__(self, backend: str, *, epoch: Epoch | None = None) -> None:
        """The URL of the Redis that holds the records. Nothing is sent yet."""
        self._connection = Connection(backend, epoch=epoch)
        self._asking = Batching(self._ask_all)

    async def read(self, task_id: str, *, owner: str | None, most: int) -> list[Node]:
        """The task, and the nearest of those that it waited for and that follow it.

        Empty if there is no such task, or it is another owner's; `Gone` if it is forgotten.
        """
        return _nodes(task_id, await self._asking.do((task_id, whose(owner), most)))

    async def close(self) -> None:
        """Close the connection."""
        await self._asking.close()
        await self._connection.close()

    async def _ask_all(self, questions: Sequence[Sequence[Argument]]) -> list[Any]:
        return [await self._connection.run(scripts.READ_GRAPH, question) for question in questions]


def _nodes(task_id: str, reply: Sequence[bytes]) -> list[Node]:
    """What read_graph.lua answered for this id; empty when there is no record, `Gone` when there is none any more."""
    if reply == [b"gone"]:
        raise Gone(task_id)
    rows = [reply[start : start + _PARTS] for start in range(0, len(reply), _PARTS)]
    nodes = {row[1] for row in rows}
    return [_node(row, nodes) for row in rows]


def _node(row: Sequence[bytes], nodes: set[bytes]) -> Node:
    kind, node_id, name, state, waits, before, follow, behind = row
    return Node(
        Kind(kind.decode()),
        node_id.decode(),
        name.decode(),
        State(state.decode()),
        _neighbors(waits, before, nodes),
        _neighbors(follow, behind, nodes),
    )


def _neighbors(count: bytes, ids: bytes, nodes: set[bytes]) -> Neighbors:
    return Neighbors(int(count), tuple(each.decode() for each in ids.split() if each in nodes))
