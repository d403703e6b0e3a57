"""A running part of the stack: prints its lines and keeps the last ones."""

import asyncio
from collections import deque
from datetime import timedelta

from celeriac.stack.processes import process
from celeriac.stack.processes.process import Process
from celeriac.stack.terminal import Terminal

LAST_LINES = 15
# What a process wrote before it ended is in the pipe; others that hold the pipe open must not hold us up.
DRAIN_SECONDS = 1.0


class Child:
    """A process of the supervisor, started with its output in a pipe."""

    def __init__(self, name: str, process: Process, *, grace: timedelta) -> None:
        """`grace` is how long it may take to end when asked to."""
        self.name = name
        self.process = process
        self.last_lines: deque[str] = deque(maxlen=LAST_LINES)
        self._grace = grace
        self._drained = asyncio.Event()

    async def follow(self, terminal: Terminal) -> None:
        """Show its lines until it has ended, and return then."""
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(lambda: _Lines(self, terminal), self.process.stdout)
        await asyncio.to_thread(self.process.wait)
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await self._drained.wait()
        except TimeoutError:
            transport.close()

    def has_said(self, words: str) -> bool:
        """Whether one of its last lines contains these words."""
        return any(words in line for line in tuple(self.last_lines))

    def stop(self) -> bool:
        """Ask it to end and wait for that; False when it had to be killed after its grace."""
        return process.stop(self.process, grace=self._grace)

    def kill(self) -> None:
        """End it at once."""
        process.kill(self.process)

    def drained(self) -> None:
        """Its pipe is closed: nothing more will come."""
        self._drained.set()


class _Lines(asyncio.Protocol):
    """Cuts what comes out of the pipe into lines, of any length."""

    def __init__(self, child: Child, terminal: Terminal) -> None:
        self._child = child
        self._terminal = terminal
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        *whole, self._rest = (self._rest + data).split(b"\n")
        self._show(whole)

    def connection_lost(self, exc: Exception | None) -> None:
        self._show([self._rest] if self._rest else [])
        self._child.drained()

    def _show(self, lines: list[bytes]) -> None:
        texts = [line.decode(errors="replace").rstrip("\r") for line in lines]
        self._child.last_lines.extend(texts)
        self._terminal.show(self._child.name, texts)
