"""Tasks whose process is ended, some of which resist or start others."""

import multiprocessing
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from celeriac import task
from tests.tasks.pace import POLL_SECONDS

SLEEP = ("sleep", "600")


@task
def tidy_up(child: Path, mark: Path) -> None:
    """Start a program that goes on, say its process id, and leave a mark when told to end."""
    program = subprocess.Popen(SLEEP)
    child.write_text(str(program.pid))
    try:
        while True:
            time.sleep(POLL_SECONDS)
    finally:
        mark.write_text("tidied up")


@task(time_limit=timedelta(seconds=1))
def tidy_up_at_hard_limit(child: Path, mark: Path) -> None:
    """The same, until the time limit ends it."""
    tidy_up(child, mark)


@task
def fail_to_tidy_up(started: Path) -> None:
    """Say that it runs, and raise when told to end."""
    started.touch()
    try:
        time.sleep(600)
    finally:
        raise ValueError("the place cannot be tidied up")


@task
def end_although_told_to(started: Path) -> str:
    """Say that it runs, and return as if nobody had told it to end."""
    started.touch()
    with suppress(BaseException):
        time.sleep(600)
    return "returned"


@task
def swallow(started: Path) -> None:
    """Say that it runs, and go on whatever happens."""
    started.touch()
    while True:
        with suppress(BaseException):
            time.sleep(600)


@task
def hold_the_interpreter(started: Path) -> int:
    """Say that it runs, and let no handler of a signal run for long."""
    started.touch()
    return sum(range(6 * 10**10))


@task
def start_processes(method: Literal["fork", "spawn"]) -> list[int]:
    """Have others do it: a process, a pool that is terminated, and an executor."""
    context: Any = multiprocessing.get_context(method)
    process = context.Process(target=abs, args=(-1,))
    process.start()
    process.join()
    with context.Pool(2) as pool:
        squares = pool.map(abs, [-1, -2])
    with ProcessPoolExecutor(1, mp_context=context) as executor:
        return [process.exitcode or 0, *squares, executor.submit(abs, -3).result()]


@task
def signal_processes() -> list[int | None]:
    """End a program, and a process that was forked, by the signals that are meant for it."""
    ends: tuple[Callable[[subprocess.Popen[bytes]], None], ...] = (
        subprocess.Popen.terminate,
        lambda program: program.send_signal(2),
    )
    programs = [subprocess.Popen(SLEEP) for _ in ends]
    for end, program in zip(ends, programs, strict=True):
        end(program)
    forked = multiprocessing.get_context("fork").Process(target=time.sleep, args=(600,))
    forked.start()
    forked.terminate()
    forked.join()
    return [*(program.wait() for program in programs), forked.exitcode]
