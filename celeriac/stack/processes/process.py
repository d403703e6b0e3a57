"""Starts processes that lead their own group and end with this one."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import IO

Process = subprocess.Popen[bytes]
Output = int | IO[bytes]

TETHER = [sys.executable, "-I", "-S", str(Path(__file__).with_name("tether.py"))]


def start(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    output: Output = subprocess.DEVNULL,
    keep_open: Sequence[int] = (),
    directory: Path | None = None,
) -> Process:
    """Start a program in a directory (None: in ours); `output` takes what it writes, `keep_open` are files that it holds open for us.

    Its group is its own, so that Ctrl-C in a terminal reaches us alone. It dies with the thread that calls this.
    """
    return subprocess.Popen(
        [*TETHER, str(os.getpid()), *map(str, command)],
        env=environment,
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        pass_fds=keep_open,
        start_new_session=True,
    )


def stop(process: Process, *, grace: timedelta) -> bool:
    """Ask it to end, and wait for that; after the grace, kill it. True when it ended by itself."""
    process.terminate()
    try:
        process.wait(grace.total_seconds())
    except subprocess.TimeoutExpired:
        return False
    finally:
        kill(process)
    return True


def kill(process: Process) -> None:
    """End it and the rest of its group immediately. Does nothing if all have ended."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def ending(process: Process) -> str:
    """How it ended, in words: "with exit code 1", "by SIGKILL". It has ended."""
    code = process.wait()
    return f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
