"""Starts the parts of the stack in order, and stops all when one ends."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from celeriac.stack.errors import CannotStart
from celeriac.stack.processes.part import Child
from celeriac.stack.processes.process import Process, ending
from celeriac.stack.terminal import Terminal

STOPPED, FAILED = 0, 1
# With this exit code a part says that a setting or a file of tasks is wrong; its own words are enough.
WRONG_START = 2
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# What started us may pass on a signal that the terminal has sent us already: that is no second Ctrl-C.
ECHO_SECONDS = 0.5
# Each part has one that waits for its end, and at a reload there are twice as many parts.
MOST_THREADS = 32


class Supervisor:
    """One `run` of the stack."""

    def __init__(self, terminal: Terminal) -> None:
        """Nothing is started yet."""
        self._terminal = terminal
        self._children: list[Child] = []
        self._followers: list[asyncio.Task[None]] = []
        self._over = asyncio.Event()
        self._dispensable: set[Child] = set()
        self._crashed: Child | None = None
        self._told_at = 0.0
        self._hurried = False

    async def run(self, start: Callable[["Supervisor"], Awaitable[None]]) -> int:
        """Run `start`, watch until a part ends or a signal comes, and stop all; returns the exit code."""
        self._listen()
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(MOST_THREADS))
        starting = asyncio.ensure_future(start(self))
        over = asyncio.ensure_future(self._over.wait())
        await asyncio.wait({starting, over}, return_when=asyncio.FIRST_COMPLETED)
        refusal = starting.exception() if starting.done() else None
        if refusal is None:
            await over
        starting.cancel()
        self._tell(refusal)
        await self._stop_all()
        if refusal and not isinstance(refusal, CannotStart):
            raise refusal
        return self._exit_code(refusal)

    def add(self, name: str, process: Process, *, grace: timedelta) -> Child:
        """Add this process to the stack, which stops it before the earlier ones."""
        child = Child(name, process, grace=grace)
        self._children.append(child)
        self._followers.append(asyncio.create_task(self._watch(child)))
        return child

    def add_standby(self, name: str, process: Process, *, grace: timedelta) -> Child:
        """The same for a process whose end concerns nobody, until `rely_on`."""
        child = self.add(name, process, grace=grace)
        self._dispensable.add(child)
        return child

    def rely_on(self, child: Child) -> None:
        """From now on, the stack ends when this part does."""
        self._dispensable.discard(child)

    async def end(self, child: Child) -> None:
        """Stop only this part; the others continue."""
        self._dispensable.add(child)
        await self._stop(child)
        self._children.remove(child)

    async def _watch(self, child: Child) -> None:
        await child.follow(self._terminal)
        if child not in self._dispensable and not self._over.is_set():
            self._crashed = child
            self._over.set()

    def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self._signalled, number)

    def _signalled(self, number: signal.Signals) -> None:
        """Stop in order; a second Ctrl-C stops at once."""
        now = asyncio.get_running_loop().time()
        if not self._over.is_set():
            self._told_at = now
            self._over.set()
        elif number == signal.SIGINT and now - self._told_at > ECHO_SECONDS:
            self._hurried = True
            self._terminal.say("Stopping at once.")
            for child in self._children:
                child.kill()

    def _tell(self, refusal: BaseException | None) -> None:
        """Why all is stopped now."""
        if isinstance(refusal, CannotStart):
            self._terminal.say(*str(refusal).splitlines())
        elif refusal is None and self._crashed is None:
            self._terminal.say(
                "Stopping, as soon as running tasks have ended or their grace is over. Ctrl-C again stops at once."
            )
        crashed_child = self._crashed or next(
            (child for child in self._children if child.process.poll()), None
        )
        if crashed_child is None:
            return
        if not _is_wrong_start(crashed_child):
            self._terminal.say(
                f"The {crashed_child.name} has ended {ending(crashed_child.process)}. Its last lines were:"
            )
            self._terminal.show(crashed_child.name, list(crashed_child.last_lines))
        self._terminal.say("Stopping the others.")

    def _exit_code(self, refusal: BaseException | None) -> int:
        if (refusal or self._crashed) and any(map(_is_wrong_start, self._children)):
            return WRONG_START
        return FAILED if refusal or self._crashed or self._hurried else STOPPED

    async def _stop_all(self) -> None:
        for child in reversed(tuple(self._children)):
            await self._stop(child)
        await asyncio.gather(*self._followers)
        self._listen_no_more()

    async def _stop(self, child: Child) -> None:
        if not await asyncio.to_thread(child.stop):
            self._terminal.say(f"The {child.name} did not end in time and was killed.")

    def _listen_no_more(self) -> None:
        for number in SIGNALS:
            asyncio.get_running_loop().remove_signal_handler(number)


def _is_wrong_start(child: Child) -> bool:
    return child.process.poll() == WRONG_START
