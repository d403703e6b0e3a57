"""Every Redis key and channel, each made by a function here. A key dies by its TTL, or its line says why it may stay."""

RESULT_PREFIX = "celery-task-meta-"
# Never published to: being subscribed to it keeps a connection in the mode of a subscriber.
WATCH_CHANNEL = "celeriac:watch"


def record(task_id: str) -> str:
    """Hash: one task's record. No TTL while the task is open; `result_ttl` after its end."""
    return f"celeriac:task:{task_id}"


def waiting(queue: str) -> str:
    """Sorted set: ids whose message was pushed and not claimed yet, by push time. Empty, so gone, when all are claimed."""
    return f"celeriac:waiting:{queue}"


def running() -> str:
    """Sorted set: ids that a worker has claimed, by claim time. Empty, so gone, when nothing runs."""
    return "celeriac:running"


def due() -> str:
    """Sorted set: ids to be pushed later (retries), by due time. Empty, so gone, when all are pushed."""
    return "celeriac:due"


def queue(name: str) -> str:
    """List: the messages of a Celery queue (kombu's Redis transport). Empty, so gone, when workers keep up."""
    return name


def result(task_id: str) -> str:
    """String, and a channel of the same name: Celery's own result document. TTL `result_ttl`."""
    return RESULT_PREFIX + task_id


def task_of_result(key: str) -> str:
    """The task id in the name that `result` made."""
    return key.removeprefix(RESULT_PREFIX)
