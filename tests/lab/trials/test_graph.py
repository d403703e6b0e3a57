"""A graph of tasks runs in its order, whatever is killed meanwhile."""

import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from celeriac.client.client import Client, Task
from celeriac.stack.valkey import Valkey
from lab.chaos.verdict.evidence import runs_of
from lab.harness.program import Program
from lab.harness.servers import running_api, running_worker
from lab.harness.waiting import wait_until
from tests.support.marks import linux_only

SOON: dict[str, Any] = {"lease": 2, "rescue_grace": 1, "tasks": "lab.chaos.tasks"}
LONG_MARKS = [pytest.mark.trial, pytest.mark.timeout(900)]
SEED = 14
# How many others a node waits for, and how far back the furthest of them is.
PARENTS, NEAR = (1, 3), 40
# One node is waited for by more than one script releases, and one waits for many.
FOLLOWERS, GATHERED = 60, 50

pytestmark = linux_only


class Graph:
    """A random graph, about twice as many edges as nodes. Each node is a task, every third an async one; one fails."""

    def __init__(self, size: int, bad: int) -> None:
        """The node `bad` is the one that fails."""
        choice = random.Random(SEED)  # noqa: S311 - a seed makes it the same each time
        self.bad = bad
        self.parents = [
            choice.sample(range(max(0, node - NEAR), node), min(node, choice.randint(*PARENTS)))
            for node in range(size)
        ]
        hub = size // 4
        for node in range(hub + 1, hub + 1 + FOLLOWERS):
            self.parents[node] = sorted({hub, *self.parents[node]})
        self.parents[bad - 1] = list(range(bad - 1 - GATHERED, bad - 1))

    @property
    def doomed(self) -> set[int]:
        """The nodes that depend on the bad one."""
        doomed = {self.bad}
        for node, parents in enumerate(self.parents):
            if doomed.intersection(parents):
                doomed.add(node)
        return doomed - {self.bad}

    def submit(self, client: Client, witness: Path) -> list[Task]:
        """A task for each node, after those of its parents, whose results it needs."""
        tasks: list[Task] = []
        for node, parents in enumerate(self.parents):
            task_input = {
                "number": node,
                "file": str(witness),
                "needs": [tasks[parent].reference("/number") for parent in parents],
                "fails": node == self.bad,
            }
            after = [tasks[parent] for parent in parents] or None
            name = "witness" if node % 3 else "witness_rest"
            tasks.append(client.submit(name, input=task_input, after=after))
        return tasks


@pytest.fixture
def servers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sequence[Valkey]]:
    """Valkeys to kill: so many, with this appendfsync."""
    count, appendfsync = request.param
    with ExitStack() as stack:
        yield [
            stack.enter_context(Valkey(tmp_path / f"graph-{number}", options={"appendfsync": appendfsync}))
            for number in range(count)
        ]


@pytest.mark.parametrize(
    ("size", "kills", "servers"),
    [
        pytest.param(200, 3, (2, "always"), id="200"),
        *(
            pytest.param(2_000, 20, (count, fsync), marks=LONG_MARKS, id=f"2000-{count}-{fsync}")
            for count in (1, 2)
            for fsync in ("always", "everysec")
        ),
    ],
    indirect=["servers"],
)
def test_no_task_of_a_graph_starts_too_early_or_is_left_over(
    size: int, kills: int, servers: Sequence[Valkey], tmp_path: Path
) -> None:
    graph, witness = Graph(size, bad=size * 3 // 4), tmp_path / "witness"
    witness.touch()
    urls = {"broker_url": servers[-1].url, "result_backend": servers[0].url}
    with ExitStack() as stack:
        api = stack.enter_context(running_api(tmp_path, **urls, **SOON))
        client = stack.enter_context(Client(f"http://127.0.0.1:{api.port}", timeout=60))
        tasks = graph.submit(client, witness)
        assert tasks[-1].state in {"blocked", "cancelled"}
        _kill_while_it_runs(stack, servers, tmp_path, witness, urls, kills=kills)
        ends = [task.wait(timeout=120).document for task in tasks]
    states = {node: document["state"] for node, document in enumerate(ends)}
    assert {node for node, state in states.items() if state == "cancelled"} == graph.doomed
    assert {node for node, state in states.items() if state == "failed"} == {graph.bad}
    runs = runs_of(witness.read_text())
    assert runs.keys() == states.keys() - graph.doomed
    assert [node for node in runs if ends[node]["attempt"] not in {run.attempt for run in runs[node]}] == []
    first = {node: min(run.first_line for run in runs[node]) for node in runs}
    last = {
        node: run.last_line for node in runs for run in runs[node] if run.attempt == ends[node]["attempt"]
    }
    early = [
        (node, parent)
        for node in first
        for parent in graph.parents[node]
        if (ended := last[parent]) is None or first[node] < ended
    ]
    assert early == []
    results = {node: ends[node]["result"]["needs"] for node in runs if node != graph.bad}
    assert results == {node: graph.parents[node] for node in results}


def _kill_while_it_runs(
    stack: ExitStack,
    servers: Sequence[Valkey],
    directory: Path,
    witness: Path,
    urls: dict[str, str],
    *,
    kills: int,
) -> None:
    """Kill the worker and each server in turns, each time when the graph has come further."""

    def start_worker() -> Program:
        return stack.enter_context(running_worker(directory, **urls, **SOON))

    worker = start_worker()
    for number in range(kills):
        wait_until(partial(_has_more, witness, than=_count(witness) + 10))
        if turn := number % (len(servers) + 1):
            server = servers[turn - 1]
            server.kill()
            server.start()
        else:
            worker.kill()
            worker = start_worker()


def _has_more(witness: Path, *, than: int) -> bool:
    return _count(witness) > than


def _count(witness: Path) -> int:
    return len(witness.read_text().splitlines())
