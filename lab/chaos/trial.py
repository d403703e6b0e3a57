"""Runs one trial: submits while everything breaks, repairs it, and accounts."""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import Event, Thread
from typing import Any, Self

import httpx
from redis import Redis
from redis.exceptions import RedisError

from lab.chaos.clients import Clients
from lab.chaos.disasters import Disasters
from lab.chaos.plan import Plan
from lab.chaos.stage import Stage
from lab.chaos.verdict import ENDS, Evidence, Run

POLL_SECONDS = 0.2

Documents = dict[str, dict[str, Any]]


def carry_out(plan: Plan) -> Evidence:
    """The evidence of one trial."""
    with Stage(plan) as stage, Listener(lambda: stage.valkey.url) as listener:
        clients = Clients(plan, stage.ports, str(stage.witness))
        disasters = Disasters(stage, seed=plan.seed)
        _wait_for(lambda: _serves(stage.ports), seconds=60)
        threads = clients.start()
        disasters.strike_until(lambda: not any(thread.is_alive() for thread in threads))
        stage.mend()
        mended = time.time()
        documents = _final_documents(stage.ports[0], list(clients.accepted.values()), plan)
        with Redis.from_url(stage.valkey.url) as redis:
            records = redis.zcard("celeriac:tasks")
        return Evidence(
            accepted=clients.accepted,
            documents=documents,
            ends=listener.ends,
            runs=_runs(stage.witness.read_text()),
            records=records,
            disasters=disasters.counts,
            held=len(disasters.tried_runs),
            taken=disasters.lost_runs,
            settled_seconds=time.time() - mended,
        )


class Listener:
    """Hears of every end that is published, as long as Valkey is there; use as a context manager."""

    def __init__(self, url: Callable[[], str]) -> None:
        """Not listening yet."""
        self.ends: dict[str, set[bytes]] = defaultdict(set)
        self._url = url
        self._is_over = Event()
        self._thread = Thread(target=self._listen, name="listener", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _listen(self) -> None:
        while not self._is_over.is_set():
            url = self._url()
            with suppress(RedisError), Redis.from_url(url) as redis, redis.pubsub() as pubsub:
                pubsub.psubscribe("celery-task-meta-*")
                while not self._is_over.is_set() and url == self._url():
                    self._note(pubsub.get_message(timeout=POLL_SECONDS))
            self._is_over.wait(POLL_SECONDS)

    def _note(self, message: Mapping[str, Any] | None) -> None:
        if message is None or message["type"] != "pmessage":
            return
        data = message["data"]
        if b'"status": "STARTED"' not in data and b'"status": "RETRY"' not in data:
            self.ends[message["channel"].decode().removeprefix("celery-task-meta-")].add(data)


def _serves(ports: list[int]) -> bool:
    with suppress(httpx.HTTPError):
        return all(httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).is_success for port in ports)
    return False


def _final_documents(port: int, task_ids: list[str], plan: Plan) -> Documents:
    """What the API says of each task, once it has ended or the time is over."""
    documents: Documents = {}
    deadline = time.monotonic() + plan.settle.total_seconds()
    open_ids = set(task_ids)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10, trust_env=False) as http:
        while open_ids and time.monotonic() < deadline:
            for task_id in list(open_ids):
                with suppress(httpx.HTTPError):
                    response = http.get(f"/tasks/{task_id}")
                    if response.status_code == 200:
                        documents[task_id] = response.json()
            open_ids -= {task_id for task_id, document in documents.items() if document["state"] in ENDS}
            Event().wait(POLL_SECONDS)
        return documents


def _runs(witness: str) -> dict[int, list[Run]]:
    runs: dict[int, list[Run]] = defaultdict(list)
    for line in witness.splitlines():
        number, attempt, start = line.split()
        runs[int(number)].append(Run(int(attempt), float(start)))
    return runs


def _wait_for(condition: Callable[[], bool], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("the APIs did not start")
        Event().wait(POLL_SECONDS)
