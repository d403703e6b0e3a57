"""Measures how many tasks a second a worker runs, and their cost."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from redis import Redis

from lab.bench.contenders.peers import pools
from lab.bench.cpu import children, cpu_seconds
from lab.bench.figures import Figures, middle, ratio
from lab.bench.memory import memory_bytes
from lab.bench.plan import Plan
from lab.bench.report import Column, Goal, judge, show
from lab.bench.rounds import Measure, take_turns
from lab.bench.stores import fill
from lab.harness.checkout import ROOT
from lab.harness.program import Program
from lab.harness.stage import Stage

COLUMNS = [
    Column("tasks/s"),
    Column("main process CPU µs/task"),
    Column("children CPU µs/task"),
    Column("Redis CPU µs/task, queueing"),
    Column("running"),
    Column("Redis bytes/task, queued"),
    Column("finished"),
]
QUEUED, FINISHED = 5, 6
# What a task is to leave in Redis at most.
MOST_QUEUED, MOST_FINISHED = 2_000, 1_500
# Twice as many as the cores of the machine that it was written for: a process waits for Redis for half of its time.
PROCESSES = 4
CONCURRENCY = ("-c", str(PROCESSES))
# Without the event loop of the async starter tasks; checkouts from before it have the option, too.
PLAIN_QUEUE = ("-Q", "default")
STOCK, CELERIAC = "stock worker, acks_late, track_started", "Celeriac's worker"
POLL_SECONDS = 0.02
# Of the tasks that were queued: what is left when the measurement begins, and when it ends.
FIRST, LAST = 0.9, 0.1


@dataclass(frozen=True)
class Contender:
    """A kind of worker: how its queue is filled, how it is started, where its tasks wait, which have ended."""

    database: int
    fill: Callable[[], object]
    start: Callable[[], Program]
    queue: str
    ended: Callable[[Redis], int]


@dataclass(frozen=True)
class Moment:
    """A look at a running worker. Times and CPU times in seconds."""

    time: float
    left: int
    main: float
    children: float
    redis: float


def measure(plan: Plan) -> None:
    """The queue is filled before the worker starts; its steady state counts, not its start."""
    with Stage() as stage:
        contenders = {
            name: partial(work, stage, contender, plan.tasks)
            for name, contender in _contenders(stage, plan).items()
        }
        results = take_turns(plan.console, contenders, rounds=plan.rounds)
    title = f"Pool: {plan.tasks:,} queued additions, prefork, -c {PROCESSES}"
    show(plan.console, title, COLUMNS, results, reference=STOCK)
    least = {name: 2.0 if name == STOCK else 1.0 for name in results if name != CELERIAC}
    goals = (
        Goal(f"Celeriac's worker / {name}", ratio(results[CELERIAC], results[name], 0), at_least=times)
        for name, times in least.items()
    )
    sizes = (
        Goal(f"bytes/task, {what}", middle(results[CELERIAC], column), at_most=most)
        for what, column, most in (("queued", QUEUED, MOST_QUEUED), ("finished", FINISHED, MOST_FINISHED))
    )
    judge(plan.console, *goals, *sizes)


def of_celeriac(stage: Stage, plan: Plan, *, database: int = 0, root: Path = ROOT) -> Measure:
    """API and worker of a checkout."""
    return partial(work, stage, _celeriac(stage, plan, database=database, root=root), plan.tasks)


def _contenders(stage: Stage, plan: Plan) -> dict[str, Contender]:
    tasks = plan.tasks
    template = stage.serve("lab.bench.contenders.template:app", database=1)
    contenders = {
        STOCK: Contender(
            database=1,
            fill=partial(fill.queue, template, "/async/add", count=tasks),
            start=partial(stage.work, "lab.bench.contenders.stock:careful", *CONCURRENCY, database=1),
            queue="celery",
            ended=lambda client: len(fill.succeeded(client)),
        ),
        CELERIAC: _celeriac(stage, plan, database=0, root=ROOT),
    }
    for peer in pools(plan.peers):
        contenders[peer.name] = Contender(
            database=peer.database,
            fill=partial(peer.fill, stage, count=tasks),
            start=partial(peer.start, stage),
            queue=peer.queue,
            ended=partial(_taken, tasks, peer.queue),
        )
    return contenders


def _celeriac(stage: Stage, plan: Plan, *, database: int, root: Path) -> Contender:
    worker = partial(
        stage.work, "celeriac_worker.app", *CONCURRENCY, *PLAIN_QUEUE, database=database, root=root
    )
    return Contender(
        database=database,
        fill=partial(fill.queue, stage.celeriac(database, root=root), "/add", count=plan.tasks),
        start=worker,
        queue="default",
        ended=lambda client: len(fill.succeeded(client)),
    )


def _taken(tasks: int, queue: str, client: Redis) -> int:
    """How many are in the queue no more: near enough, as this is only asked after the measurement."""
    return tasks - client.llen(queue)


def work(stage: Stage, contender: Contender, tasks: int) -> Figures:
    """Fill the queue, start the worker, and see how fast it empties it."""
    client = stage.redis(contender.database)
    empty, idle = memory_bytes(client), cpu_seconds(stage.valkey.pid)
    contender.fill()
    queued, filled = memory_bytes(client), cpu_seconds(stage.valkey.pid)
    worker = contender.start()
    look = partial(_look, stage, worker, client, contender.queue)
    first, last = _moment(look, left=tasks * FIRST), _moment(look, left=tasks * LAST)
    while contender.ended(client) < tasks:
        time.sleep(POLL_SECONDS)
    finished = memory_bytes(client)
    worker.stop()
    fill.empty(client)
    rate, main, children, running = _between(first, last)
    queueing = (filled - idle) / tasks * 1e6
    return (
        rate, main, children, queueing, running, (queued - empty) / tasks, (finished - empty) / tasks,
    )  # fmt: skip


def _moment(look: Callable[[], Moment], *, left: float) -> Moment:
    """The first moment in which no more than this many tasks wait."""
    while (moment := look()).left > left:
        time.sleep(POLL_SECONDS)
    return moment


def _look(stage: Stage, worker: Program, client: Redis, queue: str) -> Moment:
    if worker.ending() is not None:
        raise RuntimeError(f"The worker has ended:\n{worker.log}")
    return Moment(
        time=time.perf_counter(),
        left=client.llen(queue),
        main=cpu_seconds(worker.pid),
        children=sum(cpu_seconds(child) for child in children(worker.pid)),
        redis=cpu_seconds(stage.valkey.pid),
    )


def _between(first: Moment, last: Moment) -> tuple[float, float, float, float]:
    tasks = first.left - last.left
    return (
        tasks / (last.time - first.time),
        (last.main - first.main) / tasks * 1e6,
        (last.children - first.children) / tasks * 1e6,
        (last.redis - first.redis) / tasks * 1e6,
    )
