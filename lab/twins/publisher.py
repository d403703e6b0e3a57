"""The program of a twin: does each case, and prints what it has seen.

`python -m lab.twins.publisher POOL TRAIL [CASE …]` runs in the environment of the tested Celery: it needs Celery and the sample alone.
"""

import json
import os
import sys
import time
from collections.abc import Sequence
from typing import Any

from lab.sample_app import journal
from lab.twins.case import Case, Steps
from lab.twins.cases import CASES
from lab.twins.observe import observe, wait_until

# So long nothing new is noted before all is over.
QUIET_SECONDS = 0.5


def main(pool: str, trail: str, *names: str) -> None:
    """Do the cases of a pool, or these, with this before the names of their trails."""
    cases = [case for case in CASES if pool in case.pools and (not names or case.name in names)]
    sys.stdout.write(json.dumps({"seen": see(cases, trail), "imported": "celeriac" in sys.modules}) + "\n")
    sys.stdout.flush()
    os._exit(0)  # at an ordinary end, each result would subscribe once more and complain


def see(cases: Sequence[Case], trail: str) -> dict[str, Any]:
    """What was seen of each case, and noted by its tasks. All are published first, so that they run side by side."""
    steps_of = {case.name: _publish(case, trail) for case in cases}
    seen = {name: _finish(trail + name, *steps) for name, steps in steps_of.items()}
    _wait_until_nothing_happens()
    return {
        name: {"results": results, "noted": sorted(map(json.dumps, journal.entries(trail + name)))}
        for name, results in seen.items()
    }


def _publish(case: Case, trail: str) -> tuple[Steps, list[Any]]:
    journal.trail.set(trail + case.name)
    steps = case.begin()
    try:
        return steps, [next(steps)]
    except Exception as error:  # noqa: BLE001 - what a program is told is what is compared
        return steps, [_raised(error)]


def _finish(name: str, steps: Steps, outcomes: list[Any]) -> list[Any]:
    journal.trail.set(name)
    try:
        outcomes += steps
        return [observe(outcome) for outcome in outcomes if outcome is not None]
    except Exception as error:  # noqa: BLE001
        sys.stderr.write(f"{name}: {error!r}\n")
        return [_raised(error)]


def _raised(error: Exception) -> dict[str, str]:
    return {"raised": type(error).__name__, "message": str(error)}


def _wait_until_nothing_happens() -> None:
    last, since = -1, time.monotonic()

    def is_quiet() -> bool:
        nonlocal last, since
        if (length := journal.length()) != last:
            last, since = length, time.monotonic()
        return time.monotonic() - since > QUIET_SECONDS

    wait_until(is_quiet, "nothing new in the journal")


if __name__ == "__main__":
    main(*sys.argv[1:])
