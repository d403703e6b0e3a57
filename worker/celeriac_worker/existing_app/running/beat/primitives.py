"""Threads and sleep as Python has them, also where gevent or eventlet has replaced them.

A greenlet that computes keeps all others waiting, a real thread not: so the heartbeat is one, in every pool.
"""

import time
from _thread import start_new_thread
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kombu.utils.compat import detect_environment


@dataclass(frozen=True, slots=True)
class Primitives:
    """What a thread may use that no event loop is to notice."""

    start_thread: Callable[[Callable[[], None], tuple[()]], Any]
    sleep: Callable[[float], None]


def are_patched() -> bool:
    """Whether this process runs greenlets in place of threads."""
    return bool(detect_environment() != "default")


def primitives() -> Primitives:
    """Those of Python itself."""
    match detect_environment():
        case "gevent":
            from gevent.monkey import get_original  # noqa: PLC0415 - only where the pool is gevent's

            return Primitives(get_original("_thread", "start_new_thread"), get_original("time", "sleep"))
        case "eventlet":
            from eventlet.patcher import original  # noqa: PLC0415 - only where the pool is eventlet's

            return Primitives(original("_thread").start_new_thread, original("time").sleep)
        case _:
            return Primitives(start_new_thread, time.sleep)
