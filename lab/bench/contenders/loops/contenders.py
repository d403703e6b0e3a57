"""Each contender of the loops: how it is fed and started, and what is left."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from redis import Redis

from lab.bench.contenders.loops.peers import peers
from lab.bench.load.load import Load, apply, request
from lab.bench.plan import Plan
from lab.bench.stores import fill
from lab.harness.program import Program
from lab.harness.stage import Stage

ROOM = "lab.bench.contenders.loops"
CELERIAC, PREFORK = "Celeriac", "Celeriac, prefork -c 4"


@dataclass(frozen=True, kw_only=True)
class Contender:
    """One kind of worker for the tasks of bodies.py, in a Redis database of its own."""

    database: int
    # What it gets of the tasks that the plan says, so that its turn is neither too short nor too long.
    share: float
    # Queues so many tasks of a name with this input.
    fill: Callable[[str, int, Mapping[str, Any]], None]
    start: Callable[[], Program]
    # Starts to submit `pick_up` at a rate, so many times.
    pace: Callable[[float, int], Program]
    # The same over HTTP, for those that have an API.
    pace_over_http: Callable[[float, int], Program] | None = None
    # How many of so many tasks have not ended, with their result.
    left: Callable[[Redis, int], int]
    empty: Callable[[Redis], object] = Redis.flushdb
    # The name of its trivial task.
    add: str = "add"
    # Whether it runs as many at once as the plan says.
    is_loop: bool = True


def contenders(stage: Stage, plan: Plan, api: Program) -> dict[str, Contender]:
    """Ours, behind this API, and the peers that are installed."""
    options = ("-c", "1")
    loop = Contender(
        database=0,
        share=2.0,
        fill=partial(_fill, api),
        start=partial(stage.work, "celeriac_worker.app", *options, database=0),
        pace=lambda rate, count: stage.start([f"{ROOM}.mounted", "pace", str(rate), str(count)], database=0),
        pace_over_http=lambda rate, count: stage.start(
            [f"{ROOM}.over_http", str(api.port), str(rate), str(count)], database=0
        ),
        left=lambda client, total: total - client.zcard("celeriac:ended"),
        empty=fill.empty,
    )
    return {
        CELERIAC: loop,
        PREFORK: _prefork(stage, loop),
        **{
            peer.name: Contender(
                database=1 + number,
                share=peer.share,
                fill=partial(peer.fill, stage, 1 + number),
                start=partial(peer.start, stage, 1 + number, plan.concurrency),
                pace=partial(peer.pace, stage, 1 + number),
                left=peer.left,
                add=peer.add,
            )
            for number, peer in enumerate(peers(plan.peers))
        },
    }


def _prefork(stage: Stage, loop: Contender) -> Contender:
    """The same task, but plain."""
    start = partial(stage.work, "celeriac_worker.app", "-c", "4", database=0)
    return replace(loop, share=0.6, start=start, add="plain_add", is_loop=False)


def _fill(api: Program, name: str, count: int, task_input: Mapping[str, Any]) -> None:
    submission = request("POST", f"/{name}", task_input)
    apply(Load(port=api.port, requests=[submission], status=202, count=count))
