"""No log, banner, report, problem or refusal contains a password of Redis."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from celeriac.stack.processes.ports import free_port
from lab.harness.servers import environment, running_api, starting_worker
from lab.harness.stack import refused_stack
from lab.harness.waiting import wait_until

CANARY = "c4n4ry-in-the-cage"


def test_no_password_is_anywhere_while_redis_is_away(tmp_path: Path) -> None:
    (tmp_path / "password").write_text(CANARY)
    settings: dict[str, Any] = {
        "broker_url": f"redis://me:{CANARY}@127.0.0.1:{free_port()}/0",
        "result_backend": f"redis://me@127.0.0.1:{free_port()}/0",
        "redis_password_file": tmp_path / "password",
    }
    report = [sys.executable, "-m", "celery", "-A", "celeriac_worker.app", "report"]
    with (
        starting_worker(tmp_path, **settings) as worker,
        refused_stack(tmp_path / "stack", **{name: str(value) for name, value in settings.items()}) as stack,
        running_api(tmp_path, **settings) as api,
        api.client() as client,
    ):
        ended = subprocess.run(
            report, env=environment(**settings), capture_output=True, text=True, check=False
        )
        answers = [
            client.get(path).text for path in ("/readyz", "/tasks", "/queues", "/metrics", "/openapi.json")
        ]
        answers.append(client.post("/add", json={"x": 1, "y": 2}).text)
        wait_until(lambda: "Redis" in worker.log or "redis" in worker.log, what="a word of the worker's")
        wait_until(stack.has_ended, what="the refusal of the stack")
        said = [*answers, ended.stdout, ended.stderr, worker.log, api.log, stack.output]
    assert "software" in ended.stdout
    assert "cannot be used" in stack.output
    assert not any(CANARY in text for text in said)
