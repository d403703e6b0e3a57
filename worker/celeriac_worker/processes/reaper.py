"""`python reaper.py` kills the process groups that are left when its input ends.

The input is a pipe from a worker: it ends when the worker does, also by SIGKILL, where nobody else could kill what its tasks
have started (worker/celeriac_worker/processes/process_groups.py).
"""

import os
import signal
import sys
from collections.abc import Iterable
from contextlib import suppress


def kill_at_the_end(lines: Iterable[str]) -> None:
    """Return when the input has ended, and the groups have been killed."""
    groups: set[int] = set()
    for line in lines:
        pid = int(line[1:])
        if line[0] == "+":
            groups.add(pid)
        else:
            groups.discard(pid)
    for pid in groups:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


if __name__ == "__main__" and os.fork() == 0:  # no child of the worker's, which counts its own
    kill_at_the_end(sys.stdin)
