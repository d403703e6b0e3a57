"""Lets a task start processes, with `multiprocessing` or `subprocess`.

In the way of that: billiard's processes are daemons, which `multiprocessing` lets have no children, and have a key that only
billiard may pass on. They ignore signals, and a program that they start would, too. And they handle signals in ways that are
not meant for processes that they fork.

Upstream: https://github.com/celery/celery/issues/1709.
"""

import multiprocessing.process
import os
import signal
import threading
from typing import Any


def let_tasks_start_processes() -> None:
    """Called once in each process of the pool, when billiard has set it up."""
    process = multiprocessing.process.current_process()
    process._config |= {"daemon": False, "authkey": bytes(process.authkey)}  # type: ignore[attr-defined]  # noqa: SLF001
    for number in (signal.SIGTERM, signal.SIGINT):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, _not_now)  # a handler, unlike SIG_IGN, is not handed on to a program
    masks = threading.local()
    handled = signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGUSR1

    def before() -> None:
        # Else a signal that comes right after the fork would be handled as in the process of the pool.
        masks.before = signal.pthread_sigmask(signal.SIG_BLOCK, handled)

    def after_in_child() -> None:
        for number in handled:
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        after()

    def after() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, masks.before)

    os.register_at_fork(before=before, after_in_parent=after, after_in_child=after_in_child)


def _not_now(_number: int, _frame: Any) -> None:
    """The main process says when to end, and by another signal."""
