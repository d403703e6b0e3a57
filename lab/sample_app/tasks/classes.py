"""Tasks with classes of their own."""

from typing import Any

from celery import Task

from lab.sample_app.celery import app
from lab.sample_app.journal import note


class Audited(Task):
    """A base class with hooks."""

    abstract = True

    def before_start(self, task_id: str, args: Any, kwargs: Any) -> None:
        """Note it."""
        note(task_id, "before_start", list(args))

    def on_success(self, retval: Any, task_id: str, args: Any, kwargs: Any) -> None:
        """Note it."""
        note(task_id, "on_success", retval)

    def on_failure(self, exc: Exception, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
        """Note it."""
        note(task_id, "on_failure", str(exc))

    def on_retry(self, exc: Exception, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
        """Note it."""
        note(task_id, "on_retry", str(exc))

    def after_return(
        self, status: str, retval: Any, task_id: str, args: Any, kwargs: Any, einfo: Any
    ) -> None:
        """Note it."""
        note(task_id, "after_return", status)


class WithTenant(Task):
    """A base class that adds a header to every message."""

    abstract = True

    def apply_async(self, args: Any = None, kwargs: Any = None, **options: Any) -> Any:
        """Publish with the header."""
        headers = {**(options.pop("headers", None) or {}), "tenant": "acme"}
        return super().apply_async(args, kwargs, headers=headers, **options)


class Report(Task):
    """A task that is a class."""

    name = "sample.Report"

    def run(self, title: str, pages: int = 1) -> str:
        """A title page."""
        return f"{title}, {pages} pages"


@app.task(base=Audited, bind=True, max_retries=1)
def audited(self: Any, how: str) -> str:
    """End in this way, with the hooks of its base class."""
    if how == "fail":
        raise ValueError(how)
    if how == "retry" and self.request.retries == 0:
        raise self.retry(countdown=0, exc=ValueError(how))
    return how


@app.task(base=WithTenant, bind=True)
def tenant(self: Any) -> str | None:
    """The header that its base class has added."""
    name: str | None = self.request.get("tenant")
    return name


report = app.register_task(Report())
