"""A task that starts others, as docs/how-to/start-other-tasks.md has it."""

from celeriac import Client, task


@task
def count_each(texts: list[str], api: str) -> list[str]:
    """Start a task for each text, and return their ids."""
    from celery import current_task

    with Client(api) as client:
        started = [
            client.submit("word_count", text=text, idempotency_key=f"{current_task.request.id}-{number}")
            for number, text in enumerate(texts)
        ]
    return [follower.id for follower in started]
