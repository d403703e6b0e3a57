"""Tasks that live workers run while something happens to Valkey."""

from collections.abc import Sequence
from contextlib import suppress
from itertools import cycle
from threading import Event
from typing import Any

import httpx

ANSWER_SECONDS = 5.0
PATIENCE_SECONDS = 0.1


class Hold:
    """The tasks that run now, and which attempt of each that is."""

    def __init__(self, ports: Sequence[int]) -> None:
        """As one of the APIs on these ports has it."""
        self._ports = ports
        running = self._asked("/tasks", state="running", limit=200)["items"]
        self.attempts: dict[str, int] = {task["task_id"]: task["attempt"] for task in running}

    def taken(self) -> list[str]:
        """The tasks that began anew since."""
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
