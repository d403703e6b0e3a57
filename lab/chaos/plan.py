"""The options of a trial."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

# Short, so that a trial sees many recoveries.
LEASE = timedelta(seconds=2)
RESCUE_GRACE = timedelta(seconds=1)
# How long a loop may stand still, and what runs may go on when its worker ends.
BLOCKED_LIMIT = timedelta(seconds=4)
SHUTDOWN_GRACE = timedelta(seconds=2)


@dataclass(frozen=True)
class Plan:
    """One trial: its seed, its size, and what is taken out of Celeriac to see whether the trial notices."""

    seed: int
    tasks: int = 1000
    rate: float = 60.0
    clients: int = 4
    workers: int = 2
    apis: int = 2
    servers: int = 1  # of Valkey; with 2, the queues have one of their own
    appendfsync: str = "always"
    without: str | None = None
    directory: Path | None = None  # of logs, data and witness, to be kept
    tries_loops: bool = True  # when all else is over
    settle: timedelta = timedelta(seconds=120)
