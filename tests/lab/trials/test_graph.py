"""A graph of tasks runs in its order, whatever is killed meanwhile."""

import random
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from celeriac.client.client import Client, Task
from celeriac.stack.valkey import Valkey
from lab.harness.program import Program
from lab.harness.servers import running_api, running_worker
from lab.harness.waiting import wait_until
from tests.support.marks import linux_only

# What was answered is on the disk: a server that is killed may otherwise lose the last second.
KEEPS_ALL = {"appendfsync": "always"}
SOON: dict[str, Any] = {"lease": 2, "rescue_grace": 1}
LONG_MARKS = [pytest.mark.trial, pytest.mark.timeout(600)]
SEED = 14
MOST_PARENTS = 3

pytestmark = linux_only


class Graph:
    """A random graph. Each node is a task that writes its number down; one of them fails."""

    def __init__(self, size: int, bad: int) -> None:
        """The node `bad` is the one that fails."""
        choice = random.Random(SEED)  # noqa: S311 - a seed makes it the same each time
        self.bad = bad
        self.parents = [
            choice.sample(range(max(0, node - 40), node), min(node, choice.randint(0, MOST_PARENTS)))
            for node in range(size)
        ]

    @property
    def doomed(self) -> set[int]:
        """The nodes that depend on the bad one."""
        doomed = {self.bad}
        for node, parents in enumerate(self.parents):
            if doomed.intersection(parents):
                doomed.add(node)
        return doomed - {self.bad}

    def submit(self, client: Client, trace: Path) -> list[Task]:
        """A task for each node, after those of its parents."""
        tasks: list[Task] = []
        for node, parents in enumerate(self.parents):
            after = [tasks[parent] for parent in parents] or None
            if node == self.bad:
                tasks.append(client.submit("fail", message="bad", after=after))
            else:
                tasks.append(client.submit("append", file=str(trace), line=str(node), after=after))
        return tasks


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Valkey]:
    """A Valkey to kill."""
    with Valkey(tmp_path / "graph", options=KEEPS_ALL) as server:
        yield server


@pytest.mark.parametrize(
    ("size", "kills"), [(200, 2), pytest.param(2_000, 20, marks=LONG_MARKS)], ids=["200", "2000"]
)
def test_no_task_of_a_graph_starts_too_early_or_is_left_over(
    size: int, kills: int, server: Valkey, tmp_path: Path
) -> None:
    graph, trace = Graph(size, bad=size // 4), tmp_path / "trace"
    trace.touch()
    with ExitStack() as stack:
        api = stack.enter_context(running_api(tmp_path, redis_url=server.url, **SOON))
        client = stack.enter_context(Client(f"http://127.0.0.1:{api.port}", timeout=60))
        tasks = graph.submit(client, trace)
        assert tasks[-1].state in {"blocked", "queued"}
        _kill_while_it_runs(stack, server, tmp_path, trace, kills=kills)
        ends = [task.wait(timeout=120).document for task in tasks]
    states = {node: document["state"] for node, document in enumerate(ends)}
    assert {node for node, state in states.items() if state == "cancelled"} == graph.doomed
    assert {node for node, state in states.items() if state == "failed"} == {graph.bad}
    lines = [int(line) for line in trace.read_text().splitlines()]
    assert set(lines) == states.keys() - graph.doomed - {graph.bad}
    first = {line: place for place, line in reversed(list(enumerate(lines)))}
    last = {line: place for place, line in enumerate(lines)}
    early = [(node, parent) for node in first for parent in graph.parents[node] if first[node] < last[parent]]
    assert early == []


def _kill_while_it_runs(
    stack: ExitStack, server: Valkey, directory: Path, trace: Path, *, kills: int
) -> None:
    """Kill the worker and the server in turns, each time when the graph has come further."""

    def start_worker() -> Program:
        return stack.enter_context(running_worker(directory, redis_url=server.url, **SOON))

    worker = start_worker()
    for number in range(kills):
        wait_until(partial(_has_more, trace, than=_count(trace) + 5))
        if number % 2:
            server.kill()
            server.start()
        else:
            worker.kill()
            worker = start_worker()


def _has_more(trace: Path, *, than: int) -> bool:
    return _count(trace) > than


def _count(trace: Path) -> int:
    return len(trace.read_text().splitlines())
