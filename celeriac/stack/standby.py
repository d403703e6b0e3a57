"""A service that has imported everything but the tasks, and waits for its start."""

import asyncio
import json
import sys
from collections.abc import Sequence
from datetime import timedelta
from socket import socketpair
from subprocess import PIPE

from celeriac.stack.processes import process
from celeriac.stack.processes.part import Child
from celeriac.stack.processes.process import ending
from celeriac.stack.processes.supervisor import Supervisor

PROGRAM = (sys.executable, "-m", "celeriac.stack.standby_process")


class Standby:
    """A process of celeriac/stack/standby_process.py, in these steps: `load`, then `start` or `end`."""

    def __init__(
        self,
        name: str,
        package: str,
        tasks: str,
        *,
        supervisor: Supervisor,
        environment: dict[str, str],
        grace: timedelta,
        options: Sequence[str] = (),
        keep_open: Sequence[int] = (),
    ) -> None:
        """Start the process of this package, which imports what it needs; `keep_open` are files for the service."""
        self._supervisor = supervisor
        self._channel, far_end = socketpair()
        with far_end:
            command = [*PROGRAM, package, tasks, str(far_end.fileno()), *options]
            files = (far_end.fileno(), *keep_open)
            started = process.start(command, environment=environment, output=PIPE, keep_open=files)
        self._child = supervisor.add_standby(name, started, grace=grace)

    async def load(self) -> str | None:
        """Load the tasks; the reason why they cannot be loaded, in one sentence, or None."""
        reader, self._writer = await asyncio.open_unix_connection(sock=self._channel)
        try:
            self._writer.write(b"load\n")
            line = await reader.readline()
        except OSError:
            line = b""
        if not line:
            return f"Python ended {await asyncio.to_thread(ending, self._child.process)}."
        refusal: str | None = json.loads(line)
        return refusal

    def start(self) -> Child:
        """Make it the service, on which the stack relies from now on."""
        self._writer.write(b"start\n")
        self._writer.close()
        self._supervisor.rely_on(self._child)
        return self._child

    async def end(self) -> None:
        """End it without a start."""
        self._writer.close()
        await self._supervisor.end(self._child)
