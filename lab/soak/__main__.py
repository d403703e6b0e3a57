"""`python -m lab.soak`: a steady, mixed load; exits with 1 for wrong answers or growth."""

import argparse
import asyncio
import sys
from collections.abc import Callable

from rich.console import Console

from lab.harness.servers import NO_LOOP
from lab.harness.stage import Stage
from lab.soak.clients import Clients
from lab.soak.growth import Growth, table
from lab.soak.sample import Sample, open_tasks, sample

# Of a file or a pipe, which has no width of its own.
WIDTH = 120
# What has ended is forgotten soon: by and by, as much goes as comes.
KEPT_SECONDS = "20"
SETTINGS = {
    "CELERIAC_RESULT_TTL": KEPT_SECONDS,
    "CELERIAC_TOMBSTONE_TTL": KEPT_SECONDS,
    "CELERIAC_IDEMPOTENCY_TTL": KEPT_SECONDS,
}
SAMPLES = 60
MOST_SHOWN = 10


def main() -> int:
    """Run, and show what grew."""
    options = _options()
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    with Stage(**SETTINGS) as stage:
        api, redis = stage.celeriac(0), stage.redis(0)
        worker = stage.work("celeriac_worker.app", *NO_LOOP, database=0)
        clients = Clients(api.port, seed=options.seed, rate=options.rate)
        samples = asyncio.run(
            _run(clients, lambda: sample(api.pid, worker.pid, redis), seconds=60 * options.minutes)
        )
        open_count = open_tasks(redis)
    growth = Growth.of(samples)
    console.print(table(samples, growth))
    console.print(
        f"{clients.done:,} acts, {len(clients.complaints)} of them wrong; tasks left open: {open_count}"
    )
    for complaint in clients.complaints[:MOST_SHOWN]:
        console.print(complaint)
    return 1 if clients.complaints or growth.alarms or open_count else 0


async def _run(clients: Clients, take: Callable[[], Sample], *, seconds: float) -> list[Sample]:
    """The samples that were taken meanwhile, the first one before the clients have begun."""
    samples = [take()]
    acting = asyncio.create_task(clients.act(seconds=seconds))
    while not acting.done():
        await asyncio.wait([acting], timeout=seconds / SAMPLES)
        samples.append(take())
    await acting
    return samples


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lab.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30, help="how long (30)")
    parser.add_argument("--rate", type=float, default=100, help="acts a second (100)")
    parser.add_argument("--seed", type=int, default=1, help="of what is done when (1)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
