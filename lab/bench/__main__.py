"""`python -m lab.bench`: prints every measurement, or the named ones, as tables."""

import argparse
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from lab.bench.against import COMPARED, comparable, compare
from lab.bench.measurements import (
    batches,
    client,
    command,
    existing,
    get,
    limits,
    records,
    start,
    streams,
    submit,
    wait,
    waiters,
)
from lab.bench.measurements.definitions import definitions
from lab.bench.measurements.workers import loops, many, pool
from lab.bench.plan import Plan
from lab.harness.checkout import NoSuchRevision

# Of a file or a pipe, which has no width of its own.
WIDTH = 150

MEASUREMENTS: dict[str, Callable[[Plan], None]] = {
    "submit": submit.measure,
    "get": get.measure,
    "wait": wait.measure,
    "waiters": waiters.measure,
    "streams": streams.measure,
    "records": records.measure,
    "start": start.measure,
    "command": command.measure,
    "pool": pool.measure,
    "existing": existing.measure,
    "definitions": definitions.measure,
    "loops": loops.measure,
    "limits": limits.measure,
    "many": many.measure,
    "batches": batches.measure,
    "client": client.measure,
}
# Of which others are made.
PARTS: dict[str, Callable[[Plan], None]] = {"chunks": loops.measure_chunks}


def main() -> int:
    """The exit code: 0, also when a goal is missed; 2 for a wrong option or revision; 130 after Ctrl-C."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that all that was started is stopped, too
    _allow_many_files()
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    plan = Plan(
        console=console,
        seconds=options.seconds,
        rounds=options.rounds,
        waiters=options.waiters,
        streams=options.streams,
        records=options.records,
        owners=options.owners,
        tasks=options.tasks,
        many=options.many,
        concurrency=options.concurrency,
        definitions=options.definitions,
        peers=options.peers,
    )
    try:
        if options.against:
            compare(plan, options.against, comparable(options.only))
            return 0
        for name in options.only:
            (MEASUREMENTS | PARTS)[name](plan)
    except NoSuchRevision as refusal:
        console.print(f"Nothing was measured. {refusal}")
        return 2
    except KeyboardInterrupt:
        console.print("Stopped.")
        return 130
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lab.bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="length of each turn under load (2)")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each contender (5)")
    parser.add_argument("--waiters", type=int, default=5000, help="clients parked at once (5000)")
    parser.add_argument("--streams", type=int, default=1000, help="clients that listen at once (1000)")
    parser.add_argument("--records", type=int, default=1_000_000, help="tasks in the large store (1000000)")
    parser.add_argument(
        "--owners", type=int, default=0, help="owners of the tasks in the large store (0: they have none)"
    )
    parser.add_argument(
        "--tasks", type=int, default=5000, help="tasks queued for a worker, or asked for (5000)"
    )
    parser.add_argument(
        "--many",
        type=int,
        default=1000,
        help="tasks in chains, groups and chords; 10000 for a chord of so many (1000)",
    )
    parser.add_argument(
        "--concurrency", type=int, default=1000, help="async tasks that a worker runs at once (1000)"
    )
    parser.add_argument("--definitions", type=int, default=500, help="definitions that are announced (500)")
    parser.add_argument(
        "--only", type=_names, default=list(MEASUREMENTS), help=f"some of {','.join(MEASUREMENTS | PARTS)}"
    )
    parser.add_argument(
        "--against",
        metavar="REV",
        help=f"compare the working tree with this revision instead, in {', '.join(COMPARED)}",
    )
    parser.add_argument(
        "--peers",
        type=Path,
        default=Path(".peers"),
        help="directory of the environments of the peers, measured too if it exists (.peers)",
    )
    return parser.parse_args()


def _names(text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in MEASUREMENTS | PARTS:
            raise argparse.ArgumentTypeError(f"{name!r} is unknown; known: {', '.join(MEASUREMENTS | PARTS)}")
    return names


def _allow_many_files() -> None:
    """One for each parked client; the processes that we start inherit it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    sys.exit(main())
