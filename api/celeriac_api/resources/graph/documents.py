"""The graph around a task, as answers contain it."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from celeriac.ledger.model.states import FINAL, State
from celeriac.ledger.tables.graphs import Kind, Neighbors, Node


class NeighborsDocument(BaseModel):
    """The tasks on one side of a task."""

    model_config = ConfigDict(title="Neighbors of a task")

    count: Annotated[int, Field(ge=0)] = Field(description="How many there are.")
    tasks: list[str] = Field(description="The ids of those that are in this graph.")


class GraphItem(BaseModel):
    """A task or batch in a graph."""

    model_config = ConfigDict(title="Item of a graph")

    kind: Kind = Field(description="What it is: a batch stands for all its tasks.")
    id: str = Field(description="The id of the task or batch.")
    name: str = Field(
        description="The name of the task's definition, or the label of the batch, which can be empty."
    )
    state: State
    ready: bool = Field(description="Whether it has ended.")
    after: NeighborsDocument = Field(description="The tasks that its submission named in `after`.")
    followers: NeighborsDocument = Field(
        description="The tasks that wait for it; of an ended task, those that waited for its end."
    )


class Graph(BaseModel):
    """The tasks and batches around a task, the nearest first; the first item is the task itself."""

    model_config = ConfigDict(title="Graph")

    items: list[GraphItem]


def document_of(nodes: list[Node]) -> Graph:
    """The document of a graph."""
    return Graph(items=[_item(node) for node in nodes])


def _item(node: Node) -> GraphItem:
    return GraphItem(
        kind=node.kind,
        id=node.id,
        name=node.name,
        state=node.state,
        ready=node.state in FINAL,
        after=_neighbors(node.before),
        followers=_neighbors(node.behind),
    )


def _neighbors(neighbors: Neighbors) -> NeighborsDocument:
    return NeighborsDocument(count=neighbors.count, tasks=list(neighbors.ids))
