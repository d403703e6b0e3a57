"""Breaks everything beside the sample app, by seed, and accounts for every task."""

import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from threading import Event

from redis import Redis

from celeriac.stack.valkey import Valkey
from lab.chaos.proxy import Proxy
from lab.harness.processes import descendants
from lab.harness.program import Program
from lab.harness.servers import running_api
from lab.twins.leftovers import leftovers
from lab.twins.twin import PYTHON, Twin

LEASE_SECONDS, GRACE_SECONDS, SETTLE_SECONDS = 2, 1, 90.0
SUBMITTED = 20
ENDS = ("succeeded", "failed", "cancelled", "expired")
WITNESS = "lab.sample_app.tasks.witness."


@dataclass(frozen=True)
class SamplePlan:
    """One trial."""

    seed: int
    tasks: int = 300
    rate: float = 25.0


@dataclass
class Account:
    """What became of all tasks; `harm` has a sentence for each that was lost, or ran when it should not."""

    tasks: int
    states: dict[str, int]
    disasters: Counter[str]
    harm: list[str] = field(default_factory=list)


def carry_out(plan: SamplePlan) -> Account:
    """Publish and submit while everything breaks, repair it, and account."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(TemporaryDirectory(prefix="celeriac-sample-")))
        stage = _Stage(stack, directory)
        file = directory / "witness"
        file.touch()
        load = [PYTHON, "-m", "lab.twins.load", str(plan.seed), str(plan.tasks), str(plan.rate), str(file)]
        publisher = subprocess.Popen(load, env=stage.twin.environment(), stdout=subprocess.PIPE, text=True)
        disasters = stage.strike_until(lambda: publisher.poll() is not None, Random(f"{plan.seed}/disasters"))
        published, _ = publisher.communicate()
        ids = {int(number): tuple(row) for number, row in json.loads(published).items()}
        for number in range(plan.tasks, plan.tasks + SUBMITTED):
            ids[number] = "late", stage.submit("late", number, file)
        stage.mend()
        return _account(stage, ids, file, disasters)


class _Stage:
    """Valkey, a proxy, two workers and an API."""

    def __init__(self, stack: ExitStack, directory: Path) -> None:
        self.valkey = stack.enter_context(Valkey(directory / "valkey", options={"appendfsync": "always"}))
        self.proxy = stack.enter_context(Proxy(self.valkey.port))
        settings = {
            "CELERIAC_LEASE": str(LEASE_SECONDS),
            "CELERIAC_RESCUE_GRACE": str(GRACE_SECONDS),
            "CELERIAC_MAX_LOST_RUNS": "1000",
        }
        url = f"redis://127.0.0.1:{self.proxy.port}/0"
        self.twin = Twin(url, directory, plugged=True, variables=settings)
        self.workers: list[Program] = [self.twin.worker("-n", f"w{number}@sample") for number in range(2)]
        for worker in self.workers:
            stack.callback(worker.kill)
        api = stack.enter_context(
            running_api(directory, redis_url=self.valkey.url, tasks="none", max_lost_runs=1000)
        )
        self.client = stack.enter_context(api.client())
        for worker in self.workers:
            worker.wait_until(lambda worker=worker: " ready." in worker.log)  # type: ignore[misc]  # mypy sees no type there

    def strike_until(self, is_over: Callable[[], bool], random: Random) -> Counter[str]:
        """Break one thing after the other; how often which."""
        counts: Counter[str] = Counter()
        strikes: dict[str, Callable[[Program], object]] = {
            "worker killed": lambda worker: worker.signal_all(signal.SIGKILL),
            "child killed": lambda worker: _kill_child(worker, random),
            "connections cut": lambda _: self.proxy.reset(),
            "Valkey restarted": lambda _: self.valkey.restart(),
            "warm stop": lambda worker: worker.signal(signal.SIGTERM),
            "cold stop": lambda worker: worker.signal(signal.SIGQUIT),
        }
        while not is_over():
            Event().wait(random.uniform(0.5, 2))
            name = random.choice(list(strikes))
            with suppress(ProcessLookupError):
                strikes[name](random.choice(self.workers))
            counts[name] += 1
            self.mend()
        return counts

    def mend(self) -> None:
        """Start again what has ended."""
        for worker in self.workers:
            worker.restart_if_ended()

    def submit(self, task: str, number: int, file: Path) -> str:
        """Submit a task over HTTP; its id."""
        response = self.client.post(f"/{WITNESS}{task}", json={"number": number, "file": str(file)})
        response.raise_for_status()
        return str(response.json()["task_id"])


def _kill_child(worker: Program, random: Random) -> None:
    if children := descendants(worker.pid):
        with suppress(ProcessLookupError):
            os.kill(random.choice(children).pid, signal.SIGKILL)


def _account(stage: _Stage, ids: Mapping[int, Sequence[str]], file: Path, disasters: Counter[str]) -> Account:
    documents = _documents(stage, [row[1] for row in ids.values()])
    lines = file.read_text().split("\n")
    begins = Counter(int(line.split()[1]) for line in lines if line.startswith("begin"))
    ends = Counter(int(line.split()[1]) for line in lines if line.startswith("end"))
    states = Counter(str(document.get("state")) for document in documents.values())
    account = Account(len(ids), dict(states), disasters)
    for number, (kind, task_id) in ids.items():
        state = documents[task_id].get("state")
        if state not in ENDS:
            account.harm.append(f"lost: {number} ({kind}, {task_id}) is {state}")
        elif kind == "early" and begins[number] > 1:
            account.harm.append(f"twice: {number} is acknowledged early, and began {begins[number]} times")
        elif kind != "early" and (
            state != "succeeded" or not ends[-number - 1 if kind == "chain" else number]
        ):
            account.harm.append(
                f"lost: {number} ({kind}, {task_id}) is {state}: {documents[task_id].get('error')}"
            )
    with Redis.from_url(stage.valkey.url) as redis:
        account.harm += [f"left over: {name}" for name in leftovers(redis)]
    return account


def _documents(stage: _Stage, ids: Sequence[str]) -> dict[str, dict[str, object]]:
    until = time.monotonic() + SETTLE_SECONDS
    documents: dict[str, dict[str, object]] = {}
    while time.monotonic() < until:
        stage.mend()
        for task_id in ids:
            if documents.get(task_id, {}).get("state") not in ENDS:
                documents[task_id] = stage.client.get(f"/tasks/{task_id}").json()
        if all(document.get("state") in ENDS for document in documents.values()):
            break
        Event().wait(0.5)
    return documents
