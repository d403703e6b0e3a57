"""The options of one run of the bench."""

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Handed to every measurement."""

    console: Console
    seconds: float
    rounds: int
    waiters: int
    streams: int
    records: int
    # To whom the records belong in turn; 0: to nobody, as in open access.
    owners: int
    tasks: int
    # In chains, groups and chords.
    many: int
    # Async tasks that a worker runs at once.
    concurrency: int
    # Announced by an existing app.
    definitions: int
    # The directory of the peers' environments (lab/bench/contenders/peers.py); None: they are left out.
    peers: Path | None
