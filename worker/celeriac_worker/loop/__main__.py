"""`python -m celeriac_worker.loop` runs async tasks; a worker starts it (worker/celeriac_worker/loop_frames.py)."""

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from celeriac.contract.built_in import built_in
from celeriac.contract.catalog import Implementations, load_implementations
from celeriac.contract.signature import ContractError
from celeriac.settings import Settings, SettingsError
from celeriac.telemetry.start_messages import refuse_start
from celeriac.telemetry.trace_settings import is_wanted, packages_of_the_extra
from celeriac_worker.loop.logs import set_up
from celeriac_worker.loop.loop import Loop
from celeriac_worker.loop.runs.run import of_run
from celeriac_worker.loop_frames import Frames, Order, Start

# How long the tasks of a loop are returned whose main process is gone, before the keepers of others find them.
ORPHANED_SECONDS = 5.0

if TYPE_CHECKING:
    from celeriac_worker.loop.spans import Spans

logger = logging.getLogger(__name__)


def main() -> None:
    """Run until the main process says that it is to stop, or is gone."""
    start = Start.from_arguments()
    try:
        settings = Settings.read()
        set_up(settings.log_format, start.log_level)
        implementations = load_implementations(settings.tasks)
        spans = _spans()
    except (SettingsError, ContractError) as wrong:
        refuse_start("loop", wrong)
    by_message = {
        each.definition.celery_name: each for each in (*implementations.values(), *built_in().values())
    }
    gc.collect()
    gc.freeze()
    # The collector would look at all runs after each few hundred objects, and take a fifth of the time of short tasks.
    gc.set_threshold(20_000, 20, 50)
    _run(partial(_serve, start, settings, by_message, spans))
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(0)  # threads of tasks may go on; nobody waits for what they do


def _spans() -> "Spans | None":
    if not is_wanted():
        return None
    with packages_of_the_extra():
        from celeriac_worker.loop.spans import Spans  # noqa: PLC0415 - an extra, and slow to load
    return Spans()


def _run(serve: Callable[[], Coroutine[Any, Any, None]]) -> None:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.set_task_factory(of_run)
    for number in (signal.SIGTERM, signal.SIGINT):
        # Of the whole group, from a terminal or a service manager: the main process says what follows.
        loop.add_signal_handler(number, _ignore)
    running = loop.create_task(serve())
    running.add_done_callback(lambda _: loop.stop())
    while not running.done():
        try:
            loop.run_forever()
        except (SystemExit, KeyboardInterrupt) as way_out:
            # Of a task of asyncio that a run has started: who awaits it gets the error, too.
            logger.warning("%s in a task of asyncio does not end the loop", type(way_out).__name__)
    running.result()


async def _serve(
    start: Start, settings: Settings, implementations: Implementations, spans: "Spans | None"
) -> None:
    connection = socket.socket(fileno=start.socket)
    frames = Frames(connection)
    loop = Loop(start, frames, settings, implementations, spans)

    def read() -> None:
        received = b""
        with suppress(ConnectionError):  # it is gone, and has not read all that this loop has said
            received = connection.recv(65_536)
        for line in frames.lines(received):
            loop.obey(Order.from_line(line))
        if not received:
            asyncio.get_running_loop().remove_reader(connection)
            logger.warning("the worker's main process is gone: the tasks of this loop are returned")
            loop.stop(0.0)
            asyncio.get_running_loop().call_later(ORPHANED_SECONDS, os._exit, 1)

    asyncio.get_running_loop().add_reader(connection, read)
    await loop.run()


def _ignore() -> None:
    """Nothing follows from this signal."""


if __name__ == "__main__":
    main()
