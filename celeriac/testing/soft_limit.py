"""Enforces the soft time limit of a task in the process of a test."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import FrameType

from billiard.exceptions import SoftTimeLimitExceeded


@contextmanager
def soft_time_limit(limit: timedelta | None) -> Iterator[None]:
    """Raise `SoftTimeLimitExceeded` in the main thread when the time is over, by the signal that a worker uses, too.

    Signals reach the main thread alone: in another thread, and on systems without SIGUSR1, nothing is limited.
    """
    main = threading.main_thread()
    if limit is None or threading.current_thread() is not main or not hasattr(signal, "SIGUSR1"):
        yield
        return
    over = threading.Event()

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        if not over.is_set():
            raise SoftTimeLimitExceeded

    before = signal.signal(signal.SIGUSR1, interrupt)
    timer = threading.Timer(limit.total_seconds(), signal.pthread_kill, (main.ident or 0, signal.SIGUSR1))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        over.set()
        timer.cancel()
        timer.join()
        signal.signal(signal.SIGUSR1, before)
