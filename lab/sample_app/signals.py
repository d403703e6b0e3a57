"""Receivers of signals: they add headers, and note what happens to tasks."""

from typing import Any

from celery import signals

from lab.sample_app.journal import follow, note


@signals.before_task_publish.connect
def add_trail(headers: dict[str, Any] | None = None, **others: Any) -> None:  # noqa: ARG001 - what a signal sends
    """Put the trail into the headers, as programs do with the id of a request."""
    if headers and "id" in headers:
        headers["trail"] = follow(headers["id"], headers.get("root_id"), headers.get("parent_id"))


@signals.after_task_publish.connect
def note_publish(sender: str, headers: dict[str, Any], **others: Any) -> None:  # noqa: ARG001
    """Note that a task was published."""
    if "id" in headers:
        note(headers["id"], "published", short(sender), headers.get("retries"))


@signals.task_prerun.connect
def note_start(task_id: str, task: Any, **others: Any) -> None:  # noqa: ARG001
    """Note that a run begins."""
    note(task_id, "prerun", short(task.name))


@signals.task_postrun.connect
def note_end(task_id: str, task: Any, state: str, **others: Any) -> None:  # noqa: ARG001
    """Note that a run has ended."""
    note(task_id, "postrun", short(task.name), state)


@signals.task_success.connect
def note_success(sender: Any, **others: Any) -> None:  # noqa: ARG001
    """Note a success."""
    note(sender.request.id, "success", short(sender.name))


@signals.task_failure.connect
def note_failure(sender: Any, task_id: str, exception: BaseException, **others: Any) -> None:  # noqa: ARG001
    """Note a failure."""
    note(task_id, "failure", short(sender.name), type(exception).__name__)


@signals.task_retry.connect
def note_retry(sender: Any, request: Any, **others: Any) -> None:  # noqa: ARG001
    """Note that a run asks for another one."""
    note(request.id, "retry", short(sender.name))


@signals.task_revoked.connect
def note_revoked(sender: Any, request: Any, *, terminated: bool, expired: bool, **others: Any) -> None:  # noqa: ARG001
    """Note that a task is revoked."""
    note(request.id, "revoked", short(sender.name), bool(terminated), bool(expired))


def short(name: str) -> str:
    """The last part of a task's name."""
    return name.rpartition(".")[2]
