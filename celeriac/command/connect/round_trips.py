"""The checks of `celeriac doctor` that send a task; each leaves nothing behind."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from uuid import uuid4

from celeriac.client import errors
from celeriac.client.client import Client, Task
from celeriac.command.connect.findings import Finding, failure, ok, skipped

ANSWER_SECONDS = 10.0
# More than a file in Redis has by default (CELERIAC_INLINE_BYTES).
FILE_BYTES = 100_000


def echo(client: Client) -> Finding:
    """A task through the default queue."""
    start = time.perf_counter()

    def judge(task: Task) -> Finding:
        task.result(timeout=ANSWER_SECONDS)
        return ok(f"A task went to a worker and back in {(time.perf_counter() - start) * 1_000:.0f} ms.")

    return _sent(client, judge, "celeriac.echo", text="hello")


def files(client: Client) -> Finding:
    """A file that a worker writes and the API reads."""

    def judge(task: Task) -> Finding:
        task.wait(timeout=ANSWER_SECONDS)
        try:
            content = task.result_file(timeout=ANSWER_SECONDS).read()
        except (errors.Problem, errors.TaskFailed) as error:
            content = str(error).encode()
        if content == bytes(FILE_BYTES):
            return ok("The server reads a large file that a worker has written.")
        return failure(
            f"The server cannot read a large file of a worker: {content[:300].decode(errors='replace')}",
            "Give the API and all workers the same CELERIAC_FILES, and let both write to it.",
        )

    return _sent(client, judge, "celeriac.make_file", size=FILE_BYTES)


def _sent(client: Client, judge: Callable[[Task], Finding], name: str, **task_input: Any) -> Finding:
    """What is judged of such a task."""
    workers = client.workers()
    if not any(worker["kind"] == "celeriac" for worker in workers):
        return skipped("There is no Celeriac worker.")
    try:
        task = client.submit(name, task_id=uuid4(), expires=ANSWER_SECONDS, **task_input)
    except errors.UnknownTaskName:
        return skipped("The server is too old for it.")
    if task.queue not in {queue for worker in workers for queue in worker["queues"]}:
        task.cancel()
        return skipped(f"No worker serves {task.queue!r}, its queue.")
    with _forgotten(task):
        try:
            return judge(task)
        except (errors.TimedOut, errors.TaskExpired):
            return failure(
                f"A task in {task.queue!r} did not end within {ANSWER_SECONDS:.0f} s.",
                "Look at the workers: celeriac workers, and their logs.",
            )


@contextmanager
def _forgotten(task: Task) -> Iterator[None]:
    yield
    with suppress(errors.Problem):  # without the scope `cancel`, it is forgotten in a day
        task.forget()
