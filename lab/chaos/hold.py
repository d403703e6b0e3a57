"""Tasks that live workers run while something happens to Valkey."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import cycle
from threading import Event
from typing import Any

import httpx

ANSWER_SECONDS = 5.0
PATIENCE_SECONDS = 0.1


class Hold:
    """The tasks that run now, and which attempt of each that is."""

    def __init__(self, ports: Sequence[int], loops: Callable[[], Sequence[int]]) -> None:
        """As one of the APIs on these ports has it; `loops` are the processes of async tasks."""
        self._ports, self._loops = ports, loops
        self._loops_before = loops()
        running = self._asked("/tasks", state="running", limit=200)["items"]
        self.attempts: dict[str, int] = {task["task_id"]: task["attempt"] for task in running}
        self._async = {task["task_id"] for task in running if task["queue"] == "async"}

    def taken(self) -> list[str]:
        """The tasks that began anew since; where a task has had its loop killed meanwhile, no async one counts."""
        if self._loops() != self._loops_before:
            for task_id in self._async:
                del self.attempts[task_id]
        now = {task_id: self._asked(f"/tasks/{task_id}")["attempt"] for task_id in self.attempts}
        return [task_id for task_id, attempt in self.attempts.items() if now[task_id] != attempt]

    def _asked(self, path: str, **parameters: Any) -> dict[str, Any]:
        """However long it takes."""
        with httpx.Client(timeout=ANSWER_SECONDS, trust_env=False) as http:
            for port in cycle(self._ports):
                with suppress(httpx.HTTPError):
                    response = http.get(f"http://127.0.0.1:{port}{path}", params=parameters)
                    if response.is_success:
                        answer: dict[str, Any] = response.json()
                        return answer
                Event().wait(PATIENCE_SECONDS)
        raise AssertionError("unreachable")
