"""Schedules whose due times pass while everything breaks: each is one task."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any

import httpx

from lab.chaos.plan import Plan
from lab.chaos.work.insist import insist

COUNT, MOMENTS = 3, 10
# They take turns.
TASKS = ("witness", "witness", "witness_rest")
ANSWER_SECONDS = 5.0
# More than a due time may be late.
LATE_SECONDS = 3.0
PAGE = 200


class Schedules:
    """Their names, and the moments at which they are due."""

    def __init__(self, plan: Plan, ports: Sequence[int], witness: str) -> None:
        """Spread over the time that the clients need, from now on."""
        random = Random(f"{plan.seed}/schedules")
        start, seconds = time.time(), plan.tasks / plan.rate + 5
        self._ports, self._witness = ports, witness
        self.moments = {
            f"chaos-{number}": sorted(start + random.uniform(2, seconds) for _ in range(MOMENTS))
            for number in range(COUNT)
        }

    def put(self) -> None:
        """Put all of them."""
        for number, (name, moments) in enumerate(self.moments.items(), start=1):
            task_input = {"number": -number, "file": self._witness}
            at = [datetime.fromtimestamp(moment, UTC).isoformat() for moment in moments]
            self._ask(
                "PUT",
                f"/schedules/{name}",
                content={
                    "submit": {"name": TASKS[number % len(TASKS)], "input": task_input, "tags": [name]},
                    "at": at,
                    "catch_up": "all",
                },
            )

    def wait_until_all_is_due(self) -> None:
        """By the clock of this machine."""
        last = max(moment for moments in self.moments.values() for moment in moments)
        time.sleep(max(last + LATE_SECONDS - time.time(), 0))

    def tasks(self) -> dict[str, list[dict[str, Any]]]:
        """The documents of the tasks that each has submitted."""
        return {
            name: [self._ask("GET", f"/tasks/{task_id}") for task_id in self._ids(name)]
            for name in self.moments
        }

    def delete(self) -> None:
        """All of them; their tasks stay."""
        for name in self.moments:
            self._ask("DELETE", f"/schedules/{name}", refused=(404,))

    def _ids(self, name: str) -> list[str]:
        return [task["task_id"] for task in self._ask("GET", f"/tasks?tag={name}&limit={PAGE}")["items"]]

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        with httpx.Client(timeout=ANSWER_SECONDS, trust_env=False) as http:
            return insist(http, self._ports, method, path, **options)
