"""The other queues that run many async tasks in one process."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from redis import Redis

from lab.bench.contenders.peers import ARQ, PEERS, TASKIQ, python_of
from lab.harness.program import Program
from lab.harness.stage import Stage

TASKIQ_NAME, GEVENT_NAME = "taskiq", "Celery, gevent"


@dataclass(frozen=True, kw_only=True)
class Peer:
    """One of them; `module` is its program, `environment` says which Python has it."""

    name: str
    module: str
    environment: str
    share: float
    left: Callable[[Redis, int], int]
    python: str = ""
    add: str = "add"

    def fill(self, stage: Stage, database: int, name: str, count: int, task_input: Mapping[str, Any]) -> None:
        """Queue so many."""
        self._run(stage, database, "fill", name, str(count), json.dumps(task_input)).wait_for_success()

    def start(self, stage: Stage, database: int, concurrency: int) -> Program:
        """Its worker."""
        return self._run(stage, database, "work", str(concurrency))

    def pace(self, stage: Stage, database: int, rate: float, count: int) -> Program:
        """Submit at this rate."""
        return self._run(stage, database, "pace", str(rate), str(count))

    def _run(self, stage: Stage, database: int, *arguments: str) -> Program:
        return stage.start(
            [f"{__package__}.{self.module}", *arguments], database=database, python=self.python
        )


ALL = (
    Peer(
        name=TASKIQ_NAME,
        module="peer_taskiq",
        environment=TASKIQ,
        share=0.6,
        left=lambda client, total: total + 1 - client.dbsize(),  # the stream, and each result
    ),
    Peer(
        name="arq",
        module="peer_arq",
        environment=ARQ,
        share=0.6,
        left=lambda client, _: client.zcard("arq:queue"),
    ),
    Peer(
        name="saq",
        module="peer_saq",
        environment=PEERS,
        share=0.6,
        left=lambda client, _: client.zcard("saq:default:incomplete"),
    ),
    Peer(
        name="streaq",
        module="peer_streaq",
        environment=PEERS,
        share=0.6,
        left=lambda client, _: client.xlen("streaq:default:queues:normal"),
    ),
    Peer(
        name="docket",
        module="peer_docket",
        environment=PEERS,
        share=0.6,
        left=lambda client, _: client.xlen("docket:stream"),
    ),
    Peer(
        name=GEVENT_NAME,
        module="peer_gevent",
        environment=PEERS,
        share=0.06,
        left=lambda client, _: client.llen("celery") + client.hlen("unacked"),
    ),
)


def peers(directory: Path | None) -> Sequence[Peer]:
    """Those that are installed there."""
    pythons = ((peer, python_of(directory, peer.environment)) for peer in ALL)
    return [replace(peer, python=python) for peer, python in pythons if python]
