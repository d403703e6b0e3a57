"""Runs one Valkey (or Redis) server with its data in a directory."""

from collections.abc import Mapping
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import IO, Self

from celeriac.stack.data_lock import claim
from celeriac.stack.errors import CannotStart
from celeriac.stack.processes import process
from celeriac.stack.processes.ports import free_port
from celeriac.stack.processes.process import Output, Process
from celeriac.stack.processes.readiness import redis_refusal, wait_until
from celeriac.stack.valkey_binary import find_server

# Long enough to read a large append-only file.
READY_TIMEOUT = timedelta(seconds=60)
GRACE = timedelta(seconds=10)

OPTIONS = {
    "bind": "127.0.0.1",
    "appendonly": "yes",
    "appendfsync": "everysec",
    # A rewrite holds up the server for 10 ms and more, and then takes a core for a while; a file of this size is read in seconds.
    "auto-aof-rewrite-min-size": "256mb",
    "maxmemory-policy": "noeviction",
    "save": "",  # the append-only file has it all
}


class Valkey:
    """A server that can be started, stopped, killed and restarted, always with the same data, port and options."""

    def __init__(
        self,
        directory: Path,
        *,
        port: int | None = None,
        server: Path | None = None,
        options: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Nothing is started or written yet. `options` are those of valkey.conf; they go before ours."""
        self.directory = directory.resolve()
        self.port = port or free_port()
        self._server = server
        self._options = {**OPTIONS, **(options or {}), "port": str(self.port), "dir": str(self.directory)}
        self._environment = environment
        self._claim: IO[bytes] | None = None
        self._process: Process | None = None

    @property
    def url(self) -> str:
        """Where its first database is."""
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def process(self) -> Process:
        """The process that was started last."""
        if self._process is None:
            raise CannotStart("This Valkey has not been started yet.")
        return self._process

    @property
    def pid(self) -> int:
        """The process id of the server."""
        return self.process.pid

    def start(self) -> None:
        """Start, and return when it answers. What it logs goes to valkey.log in its directory."""
        self._claim = self._claim or claim(self.directory)
        with (self.directory / "valkey.log").open("ab") as log:
            self.launch(log)
        self.wait()

    def launch(self, output: Output) -> Process:
        """Start, and return at once; `output` takes what it logs."""
        self._claim = self._claim or claim(self.directory)
        options = chain.from_iterable((f"--{name}", value) for name, value in self._options.items())
        self._process = process.start(
            [find_server(self._server), *options],
            environment=self._environment,
            output=output,
            keep_open=[self._claim.fileno()],
        )
        return self._process

    def wait(self) -> None:
        """Return when it answers; `CannotStart` when it has ended or takes too long."""
        wait_until(
            lambda: redis_refusal(self.url) is None,
            name="Valkey",
            process=self.process,
            timeout=READY_TIMEOUT,
        )

    def stop(self) -> None:
        """End it in order, and release the directory."""
        process.stop(self.process, grace=GRACE)
        self.release()

    def release(self) -> None:
        """Release the directory for the next server; the process has ended."""
        if self._claim is not None:
            self._claim.close()
            self._claim = None

    def kill(self) -> None:
        """End it as a crash would; `restart` brings it back with all it had written."""
        process.kill(self.process)

    def restart(self) -> None:
        """Start again; kill it first if it still runs."""
        self.kill()
        self.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self.stop()
