"""Lets a task's threads and executors inherit the context of its run.

Python passes context variables to coroutines, but not to threads.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from threading import Thread
from typing import Any


def hand_on(run: ContextVar[Any]) -> None:
    """From now on, in this process, a thread gets the value of the code that started it, and a call in an executor that of its submitter."""
    start, submit = Thread.start, ThreadPoolExecutor.submit

    def start_with_run(thread: Thread) -> None:
        value = run.get(None)
        if value is not None:
            begin = thread.run

            def begin_with_run() -> None:
                del thread.run  # ours: what is left of a thread that has begun refers to nothing here
                run.set(value)
                begin()

            thread.run = begin_with_run  # type: ignore[method-assign]  # each thread's own
        start(thread)

    def submit_with_run(
        executor: ThreadPoolExecutor, function: Callable[..., Any], /, *args: Any, **options: Any
    ) -> Future[Any]:
        value = run.get(None)
        if value is None:
            return submit(executor, function, *args, **options)
        return submit(executor, _with(run, value, function), *args, **options)

    Thread.start = start_with_run  # type: ignore[method-assign, assignment]  # what every thread is started by
    ThreadPoolExecutor.submit = submit_with_run  # type: ignore[method-assign, assignment]  # likewise


def _with(run: ContextVar[Any], value: Any, function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **options: Any) -> Any:
        before = run.set(value)
        try:
            return function(*args, **options)
        finally:
            run.reset(before)

    return call
