"""Runs one trial: submits while everything breaks, repairs it, and accounts."""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from threading import Event, Thread
from typing import Any, Self

import httpx
from redis import Redis
from redis.exceptions import RedisError

from lab.chaos.disasters import Disasters
from lab.chaos.plan import Plan
from lab.chaos.stage import WORKERS, Stage
from lab.chaos.verdict.evidence import Evidence, runs_of
from lab.chaos.verdict.judge import ENDS
from lab.chaos.verdict.leftovers import left_over
from lab.chaos.work.clients import Clients
from lab.chaos.work.insist import insist
from lab.chaos.work.jobs import NAMES
from lab.chaos.work.loops import faults_of_loops
from lab.chaos.work.pausing import faults_of_pausing
from lab.chaos.work.receiver import Receiver
from lab.chaos.work.schedules import Schedules

POLL_SECONDS = 0.2
# What is published of a batch, and of a task, that goes on.
CHANGED = b"changed"
NO_ENDS = (b'"status": "STARTED"', b'"status": "RETRY"')
# For the keepers, which look at results that were needed every ten seconds.
LEFT_SECONDS = 30.0

Documents = dict[str, dict[str, Any]]


def carry_out(plan: Plan) -> Evidence:
    """The evidence of one trial."""
    with (
        Stage(plan) as stage,
        Listener(lambda: stage.records.valkey.url) as listener,
        Receiver(plan.seed) as receiver,
    ):
        clients = Clients(plan, stage.ports, str(stage.witness), receiver.url)
        disasters = Disasters(stage, seed=plan.seed)
        stage.wait_until_it_serves()
        schedules = Schedules(plan, stage.ports, str(stage.witness))
        schedules.put()
        threads = clients.start()
        disasters.strike_until(lambda: not any(thread.is_alive() for thread in threads))
        stage.mend()
        stage.set_clock_right()
        schedules.wait_until_all_is_due()
        mended = time.time()
        documents = _final_documents(stage.ports[0], clients, plan)
        scheduled = _final_tasks(schedules, plan)
        schedules.delete()
        paused = faults_of_pausing(stage.ports, stage.records.proxies[WORKERS])
        settled = time.time() - mended
        loops = faults_of_loops(stage) if plan.tries_loops else []
        left = _left_over(stage)
        return Evidence(
            accepted=clients.accepted,
            sent=clients.sent,
            clock_steps=stage.clock.steps if stage.clock else (),
            items=clients.items,
            documents=documents,
            batches=_final_batches(stage.ports, clients, plan),
            scheduled=scheduled,
            due={name: len(moments) for name, moments in schedules.moments.items()},
            ends=listener.ends,
            received=receiver.received,
            others=[*paused, *loops, *stage.crashes()],
            runs=runs_of(stage.witness.read_text()),
            failures=clients.failures,
            left_over=[*left, *_processes_left(stage)],
            records=_records(stage),
            disasters=disasters.counts,
            held=len(disasters.tried_runs),
            taken=disasters.lost_runs,
            settled_seconds=settled,
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
        if data != CHANGED and not any(word in data for word in NO_ENDS):
            self.ends[message["channel"].decode().removeprefix("celery-task-meta-")].add(data)


def _final_documents(port: int, clients: Clients, plan: Plan) -> Documents:
    """What the API says of each task, once it has ended or the time is over; of one that was deleted, what it said before."""
    documents: Documents = dict(clients.forgotten)
    deadline = time.monotonic() + plan.settle.total_seconds()
    open_ids = set(clients.accepted.values()) - documents.keys()
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


def _final_batches(ports: Sequence[int], clients: Clients, plan: Plan) -> Mapping[int, dict[str, Any]]:
    """What the API says of each batch, once it is ready or the time is over."""
    deadline = time.monotonic() + plan.settle.total_seconds()
    with httpx.Client(timeout=10, trust_env=False) as http:
        while True:
            documents = {
                number: insist(http, ports, "GET", f"/batches/{batch_id}")
                for number, batch_id in clients.batches.items()
            }
            if all(document["ready"] for document in documents.values()) or time.monotonic() > deadline:
                return documents
            Event().wait(POLL_SECONDS)


def _final_tasks(schedules: Schedules, plan: Plan) -> Mapping[str, list[dict[str, Any]]]:
    """The tasks of each schedule, once there is one for each due time and all have ended, or the time is over."""
    deadline = time.monotonic() + plan.settle.total_seconds()
    while True:
        tasks = schedules.tasks()
        is_whole = all(len(tasks[name]) >= len(moments) for name, moments in schedules.moments.items())
        have_ended = all(task["state"] in ENDS for items in tasks.values() for task in items)
        if (is_whole and have_ended) or time.monotonic() > deadline:
            return tasks
        Event().wait(POLL_SECONDS)


def _left_over(stage: Stage) -> list[str]:
    """What is left over when the keepers have had their time."""
    deadline = time.monotonic() + LEFT_SECONDS
    while True:
        names = []
        for store in stage.stores:
            with Redis.from_url(store.valkey.url) as redis:
                names += left_over(redis)
        if not names or time.monotonic() > deadline:
            return names
        Event().wait(POLL_SECONDS)


def _processes_left(stage: Stage) -> list[str]:
    """The processes of workers that have ended."""
    deadline = time.monotonic() + LEFT_SECONDS
    while (left := stage.orphans()) and time.monotonic() < deadline:
        Event().wait(POLL_SECONDS)
    return left


def _name(redis: Redis, task_id: str) -> str:
    name: Any = redis.hget(f"celeriac:task:{task_id}", "name")
    return name.decode() if name else ""


def _records(stage: Stage) -> frozenset[str]:
    with Redis.from_url(stage.records.valkey.url) as redis:
        ids = [task_id.decode() for task_id in redis.zrange("celeriac:tasks", 0, -1)]
        return frozenset(each for each in ids if _name(redis, each) in NAMES)
