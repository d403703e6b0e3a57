"""Clients that submit through HTTP, and repeat each submission until it is answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from random import Random
from threading import Event, Lock, Thread
from typing import Any

import httpx

from lab.chaos.plan import Plan

# Most tasks are short, so that there are many; some run for longer than a lease.
LONG_SHARE, LONG_SECONDS = 0.03, (0.5, 8.0)
SHORT_SECONDS = (0.0, 0.02)
CANCELLED_SHARE = 0.05
ANSWER_SECONDS = 5.0
PATIENCE_SECONDS = 0.1


@dataclass
class Clients:
    """They share the numbers of the tasks, and what they were answered: the id for each number."""

    plan: Plan
    ports: Sequence[int]
    witness: str
    accepted: dict[int, str] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def start(self) -> list[Thread]:
        """One thread each."""
        threads = [Thread(target=self._submit_all, args=(number,)) for number in range(self.plan.clients)]
        for thread in threads:
            thread.start()
        return threads

    def _submit_all(self, client: int) -> None:
        random = Random(f"{self.plan.seed}/{client}")
        with httpx.Client(timeout=ANSWER_SECONDS, trust_env=False) as http:
            for number in range(client, self.plan.tasks, self.plan.clients):
                self._submit(http, number, random)
                Event().wait(random.expovariate(self.plan.rate / self.plan.clients))

    def _submit(self, http: httpx.Client, number: int, random: Random) -> None:
        seconds = random.uniform(*(LONG_SECONDS if random.random() < LONG_SHARE else SHORT_SECONDS))
        task_input = {"number": number, "file": self.witness, "seconds": seconds}
        headers = {"Idempotency-Key": f"chaos-{number}"}
        answer = self._insist(http, "/witness", task_input, headers=headers)
        with self._lock:
            self.accepted[number] = answer["task_id"]
        if random.random() < CANCELLED_SHARE:
            wish = {"terminate": random.random() < 0.5}
            self._insist(http, f"/tasks/{answer['task_id']}/cancel", wish)

    def _insist(
        self, http: httpx.Client, path: str, content: Any, *, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Ask one API after the other, until one answers with more than that it cannot tell."""
        for attempt in count():
            port = self.ports[attempt % len(self.ports)]
            try:
                response = http.post(f"http://127.0.0.1:{port}{path}", json=content, headers=headers)
            except httpx.HTTPError:
                Event().wait(PATIENCE_SECONDS)
                continue
            if response.status_code not in (500, 503):
                answer: dict[str, Any] = response.json()
                return answer
            Event().wait(PATIENCE_SECONDS)
        raise AssertionError("unreachable")
