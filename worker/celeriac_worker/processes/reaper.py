"""`python reaper.py` kills the process groups that are left when its input ends.

The input is a pipe from a worker: it ends when the worker does, also by SIGKILL, where nobody else could kill what its tasks
have started (worker/celeriac_worker/processes/process_groups.py).
"""

import os
import signal
import sys
import time
from collections.abc import Iterable
from contextlib import suppress

# A loop process (worker/celeriac_worker/loop_control/) has so long to return its tasks.
LOOP_SECONDS = 6.0


def kill_at_the_end(lines: Iterable[str]) -> None:
    """Return when the input has ended, and the groups have been killed."""
    signs: dict[int, str] = {}
    for line in lines:
        sign, pid = line[0], int(line[1:])
        if sign == "-":
            signs.pop(pid, None)
        else:
            signs[pid] = sign
    _kill(pid for pid, sign in signs.items() if sign == "+")
    if loops := [pid for pid, sign in signs.items() if sign == "="]:
        time.sleep(LOOP_SECONDS)
        _kill(loops)


def _kill(groups: Iterable[int]) -> None:
    for pid in groups:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


if __name__ == "__main__" and os.fork() == 0:  # no child of the worker's, which counts its own
    kill_at_the_end(sys.stdin)
