"""Starts all that a trial breaks: Valkey, proxies, APIs and workers."""

import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from celeriac.serving import APP
from celeriac.stack.processes import process
from celeriac.stack.processes.ports import free_port
from celeriac.stack.processes.process import Process
from celeriac.stack.valkey import Valkey
from lab.chaos.clock import IS_THERE, Clock
from lab.chaos.plan import LEASE, RESCUE_GRACE, Plan
from lab.chaos.proxy import Proxy
from lab.chaos.sabotage import copy_without
from lab.harness.checkout import ROOT, python_path
from lab.harness.processes import descendants
from lab.harness.servers import ALONE, environment


class Program:
    """A program that can be killed and started again.

    None of its processes is waited for before the end, so that no other process can have got its number meanwhile.
    """

    def __init__(self, start: Callable[[], Process]) -> None:
        """Start it."""
        self._start = start
        self._started = [start()]

    @property
    def pid(self) -> int:
        """Of the main process that was started last, which may have ended."""
        return self._started[-1].pid

    def restart_if_ended(self) -> None:
        """Start it again, unless it runs; what is left of it, if anything, goes on by itself."""
        if os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            self._started.append(self._start())

    def signal_main(self, number: signal.Signals) -> None:
        """Tell its main process, and none that this has started."""
        os.kill(self.pid, number)

    def signal(self, number: signal.Signals) -> None:
        """Tell its whole group, and the processes of a worker's pool, each of which leads a group of its own."""
        pool = descendants(self.pid)
        os.killpg(self.pid, number)
        for one in pool:
            with suppress(ProcessLookupError):
                os.kill(one.pid, number)

    def end(self) -> None:
        """End all that was ever started here."""
        for one in self._started:
            os.killpg(one.pid, signal.SIGKILL)
            one.wait()


class Stage:
    """Use as a context manager."""

    def __init__(self, plan: Plan) -> None:
        """Nothing is started yet."""
        self._plan = plan
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        plan = self._plan
        directory = plan.directory and plan.directory / f"seed-{plan.seed}"
        directory = directory or Path(self._stack.enter_context(TemporaryDirectory(prefix="celeriac-chaos-")))
        directory.mkdir(parents=True, exist_ok=True)
        self.witness = directory / "witness"
        self.witness.touch()
        self._logs = directory
        self._tree = copy_without(plan.without, directory / "tree") if plan.without else ROOT
        self.clock = Clock(directory) if IS_THERE else None
        self._valkeys = count(1)
        self.valkey = self.another_valkey()
        self.proxies = [self._stack.enter_context(Proxy(self.valkey.port)) for _ in range(2)]
        self.ports = [free_port() for _ in range(plan.apis)]
        self.apis = [self._program(self._api_command(port), self.proxies[0]) for port in self.ports]
        self.workers = [
            self._program(self._worker_command(number), self.proxies[1]) for number in range(plan.workers)
        ]
        return self

    def __exit__(self, *failure: object) -> None:
        self._stack.close()

    def another_valkey(self) -> Valkey:
        """One that is empty, with the clock of all."""
        valkey = Valkey(
            self._logs / f"valkey-{next(self._valkeys)}",
            options={"appendfsync": self._plan.appendfsync},
            environment=self.clock.environment if self.clock else None,
        )
        return self._stack.enter_context(valkey)

    def hand_over_to(self, valkey: Valkey) -> None:
        """This is where new connections lead from now on; those that are there stay where they are."""
        self.valkey = valkey
        for proxy in self.proxies:
            proxy.target = valkey.port

    def mend(self) -> None:
        """Whatever ended in a disaster, or by itself, is started again."""
        self.restart_valkey()
        for program in (*self.apis, *self.workers):
            program.restart_if_ended()

    def restart_valkey(self) -> None:
        """Unless something else has brought it back."""
        if self.valkey.process.poll() is not None:
            self.valkey.start()

    def _program(self, command: Sequence[str], proxy: Proxy) -> Program:
        name = f"{Path(command[2]).name}-{command[-1].replace('/', '-')}"
        log = self._stack.enter_context((self._logs / f"{name}.log").open("ab"))
        variables = self._environment(proxy)
        # Programs die with the thread that starts them, and the trial breaks them from that same thread.
        program = Program(lambda: process.start(command, environment=variables, output=log))
        self._stack.callback(program.end)
        return program

    def _environment(self, proxy: Proxy) -> dict[str, str]:
        settings = environment(
            redis_url=f"redis://127.0.0.1:{proxy.port}/0",
            tasks="lab.chaos.tasks",
            lease=LEASE.total_seconds(),
            rescue_grace=RESCUE_GRACE.total_seconds(),
            # Nothing is to fail here: whatever is lost is run again.
            max_lost_runs=1000,
        )
        # Python does not look into the current directory: a copy is to be run.
        return {**settings, "PYTHONPATH": python_path(self._tree), "PYTHONSAFEPATH": "1"}

    def _api_command(self, port: int) -> list[str]:
        options = ["--app-dir", str(self._tree), "--no-access-log", "--log-level", "warning"]
        return [sys.executable, "-m", "uvicorn", *APP, *options, "--port", str(port)]

    def _worker_command(self, number: int) -> list[str]:
        celery = [
            sys.executable,
            "-m",
            "celery",
            "--workdir",
            str(self._tree),
            "-A",
            "celeriac_worker.app",
            "worker",
        ]
        return [*celery, "-c", "4", *ALONE, "-n", f"w{number}@chaos"]
