"""Starts all that a trial breaks: Valkey, proxies, APIs and workers."""

import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import httpx

from celeriac.stack.processes.ports import free_port
from celeriac.stack.serving import APP
from celeriac.stack.valkey import Valkey
from lab.chaos.clock import IS_THERE, Clock
from lab.chaos.plan import BLOCKED_LIMIT, LEASE, RESCUE_GRACE, SHUTDOWN_GRACE, Plan
from lab.chaos.proxy import Proxy
from lab.chaos.sabotage import copy_without
from lab.harness.checkout import ROOT, python_path
from lab.harness.processes import descendants, processes_with
from lab.harness.program import Program
from lab.harness.servers import ALONE, environment
from lab.harness.waiting import wait_until

# Which proxy of a server is before whom.
APIS, WORKERS = 0, 1


@dataclass
class Store:
    """A Valkey, and the proxies before it."""

    valkey: Valkey
    proxies: Sequence[Proxy]

    def url(self, place: int) -> str:
        """Through the proxy of the APIs, or of the workers."""
        return f"redis://127.0.0.1:{self.proxies[place].port}/0"

    def hand_over_to(self, valkey: Valkey) -> None:
        """This is where new connections lead from now on; those that are there stay where they are."""
        self.valkey = valkey
        for proxy in self.proxies:
            proxy.target = valkey.port

    def restart(self) -> None:
        """Unless something else has brought it back."""
        if self.valkey.process.poll() is not None:
            self.valkey.start()


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
        self.stores = [self._store() for _ in range(plan.servers)]
        self.ports = [free_port() for _ in range(plan.apis)]
        self.apis = [self._program(self._api_command(port), APIS) for port in self.ports]
        self.workers = [
            self._program(self._worker_command(number), WORKERS) for number in range(plan.workers)
        ]
        return self

    def __exit__(self, *failure: object) -> None:
        self._stack.close()

    @property
    def records(self) -> "Store":
        """The server of the records; if there is one server, of the queues, too."""
        return self.stores[0]

    @property
    def proxies(self) -> list[Proxy]:
        """All of them."""
        return [proxy for store in self.stores for proxy in store.proxies]

    def set_clock_right(self) -> None:
        """The clock of all servers."""
        if self.clock:
            self.clock.step(-self.clock.shift)

    def another_valkey(self) -> Valkey:
        """One that is empty, with the clock of all."""
        valkey = Valkey(
            self._logs / f"valkey-{next(self._valkeys)}",
            options={"appendfsync": self._plan.appendfsync},
            environment=self.clock.environment if self.clock else None,
        )
        return self._stack.enter_context(valkey)

    def orphans(self) -> list[str]:
        """What is left of workers that have ended."""
        mains = [worker.pid for worker in self.workers]
        ours = {*mains, *(each.pid for main in mains for each in descendants(main))}
        return [
            f"process {each.pid}: {each.command}"
            for each in processes_with(self._mark())
            if each.pid not in ours
        ]

    def crashes(self) -> list[str]:
        """What the logs say of loop processes that ended, though nobody had killed them."""
        lines = [line for worker in self.workers for line in worker.log.splitlines()]
        return [line for line in lines if "oop process" in line and "exitcode" in line]

    def _mark(self) -> str:
        """In the environment of all processes of our workers."""
        return f"CELERIAC_RESULT_BACKEND={self.records.url(WORKERS)}"

    def mend(self) -> None:
        """Whatever ended in a disaster, or by itself, is started again."""
        for store in self.stores:
            store.restart()
        for program in (*self.apis, *self.workers):
            program.restart_if_ended()

    def wait_until_it_serves(self) -> None:
        """Return when all APIs have started, and reach Valkey."""
        wait_until(lambda: all(map(_is_ready, self.ports)), what="the start of the APIs")

    def _store(self) -> "Store":
        valkey = self.another_valkey()
        return Store(valkey, [self._stack.enter_context(Proxy(valkey.port)) for _ in (APIS, WORKERS)])

    def _program(self, command: Sequence[str], place: int) -> Program:
        name = f"{Path(command[2]).name}-{command[-1].replace('/', '-')}"
        # Programs die with the thread that starts them, and the trial breaks them from that same thread.
        program = Program(command, self._environment(place), self._logs / f"{name}.log")
        self._stack.callback(program.kill)
        return program

    def _environment(self, place: int) -> dict[str, str]:
        settings = environment(
            broker_url=self.stores[-1].url(place),
            result_backend=self.stores[0].url(place),
            tasks="lab.chaos.tasks",
            lease=LEASE.total_seconds(),
            rescue_grace=RESCUE_GRACE.total_seconds(),
            blocked_limit=BLOCKED_LIMIT.total_seconds(),
            shutdown_grace=SHUTDOWN_GRACE.total_seconds(),
            webhook_allow="127.0.0.0/8",
            webhook_retries=",".join(["1s"] * 12),
            # Longer than the receiver takes; the lease of a process that sends follows from it.
            webhook_timeout=3,
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


def _is_ready(port: int) -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).is_success
    return False
