"""Clients that submit through HTTP, and repeat each submission until it is answered."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from random import Random
from threading import Event, Lock, Thread
from typing import Any

import httpx

from celeriac.ledger.model.batch import ids_in
from lab.chaos.plan import Plan
from lab.chaos.work.insist import insist
from lab.chaos.work.jobs import Item, Job, draw

ANSWER_SECONDS = 5.0
PAUSE_SECONDS = 0.1


@dataclass
class Clients:
    """They share the numbers of the tasks, and what they were answered: the id for each number."""

    plan: Plan
    ports: Sequence[int]
    witness: str
    hook: str
    accepted: dict[int, str] = field(default_factory=dict)
    # When each was sent for the first time, in seconds since 1970.
    sent: dict[int, float] = field(default_factory=dict)
    batches: dict[int, str] = field(default_factory=dict)
    # By id, the last documents of tasks that were deleted.
    forgotten: dict[str, dict[str, Any]] = field(default_factory=dict)
    # What went wrong in a client itself, which then ends.
    failures: list[str] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self.jobs = draw(self.plan.seed, self.plan.tasks)
        self.items: dict[int, Item] = {item.number: item for job in self.jobs for item in job}

    def start(self) -> list[Thread]:
        """One thread each."""
        threads = [Thread(target=self._submit_all, args=(number,)) for number in range(self.plan.clients)]
        for thread in threads:
            thread.start()
        return threads

    def _submit_all(self, client: int) -> None:
        random = Random(f"{self.plan.seed}/{client}")
        try:
            with httpx.Client(timeout=ANSWER_SECONDS, trust_env=False) as http:
                for job in self.jobs[client :: self.plan.clients]:
                    self._carry_out(http, job, random)
        except Exception as failure:
            self.failures.append(f"client {client}: {failure!r}")
            raise

    def _carry_out(self, http: httpx.Client, job: Job, random: Random) -> None:
        for batch, items in groupby(job, key=lambda item: item.batch):
            if batch is not None:
                self._submit_batch(http, batch, list(items))
            else:
                for item in items:
                    self._submit(http, item)
        # In one go, so that many wait at once; the rate is kept afterwards.
        Event().wait(random.gammavariate(len(job), self.plan.clients / self.plan.rate))
        for item in job:
            if item.forget:
                self._forget(http, self.accepted[item.number])

    def _submit(self, http: httpx.Client, item: Item) -> None:
        needs = [
            {"$result": self.accepted[number], "pointer": self.items[number].pointer} for number in item.needs
        ]
        after = [self.accepted[number] for number in item.after]
        if item.after_batch is not None:
            after.append(self.batches[item.after_batch])
        body = self._body(item, needs, after)
        headers = {"Idempotency-Key": f"chaos-{item.number}"}
        path = "/tasks" if len(body) > 2 else f"/{item.task}"
        self.sent[item.number] = time.time()
        content = body if path == "/tasks" else body["input"]
        answer = insist(http, self.ports, "POST", path, content=content, headers=headers)
        with self._lock:
            self.accepted[item.number] = answer["task_id"]
        if item.cancel:
            wish = {"terminate": item.terminate}
            # 409: it has ended already.
            path = f"/tasks/{answer['task_id']}/cancel"
            insist(http, self.ports, "POST", path, content=wish, refused=(409,))

    def _submit_batch(self, http: httpx.Client, number: int, items: Sequence[Item]) -> None:
        """Every second one as an array, the others line by line."""
        bodies = [
            {
                "as": str(item.number),
                **self._body(
                    item,
                    [
                        {"$result": str(needed), "pointer": self.items[needed].pointer}
                        for needed in item.needs
                    ],
                    [str(number) for number in item.after],
                ),
            }
            for item in items
        ]
        headers = {"Idempotency-Key": f"chaos-batch-{number}"}
        if number % 2:
            answer = insist(http, self.ports, "POST", "/batches", content=bodies, headers=headers)
        else:
            answer = insist(http, self.ports, "POST", "/batches", lines=bodies, headers=headers)
        task_id = ids_in(answer["batch_id"])
        with self._lock:
            self.batches[number] = answer["batch_id"]
            self.accepted.update({item.number: task_id(place) for place, item in enumerate(items)})

    def _body(self, item: Item, needs: Sequence[Any], after: Sequence[str]) -> dict[str, Any]:
        task_input = {
            "number": item.number,
            "file": self.witness,
            "seconds": item.seconds,
            "fails": item.fails,
            "needs": needs,
        }
        waits: dict[str, Any] = {"after": after, "when": item.when} if after else {}
        notify = {"notify": [{"url": self.hook}]} if item.notify else {}
        return {"name": item.task, "input": task_input, **waits, **notify, **item.options}

    def _forget(self, http: httpx.Client, task_id: str) -> None:
        """When it has ended."""
        while not (document := insist(http, self.ports, "GET", f"/tasks/{task_id}"))["ready"]:
            Event().wait(PAUSE_SECONDS)
        with self._lock:
            self.forgotten[task_id] = document
        # Asked again after a lost reply, it is gone.
        insist(http, self.ports, "DELETE", f"/tasks/{task_id}", refused=(404, 410))
