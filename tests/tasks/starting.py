"""A task that starts others, as docs/how-to/tasks.md has it."""

import json
from urllib.request import Request, urlopen

from celeriac import task


@task
def count_each(texts: list[str], api: str) -> list[str]:
    """Start a task for each text, and return their ids."""
    from celery import current_task

    def start(number: int, text: str) -> str:
        key = f"{current_task.request.id}-{number}"
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        body = json.dumps({"text": text}).encode()
        with urlopen(Request(f"{api}/word_count", body, headers)) as response:  # noqa: S310 - as its caller says
            return str(json.load(response)["task_id"])

    return [start(number, text) for number, text in enumerate(texts)]
