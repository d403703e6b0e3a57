"""`celeriac doctor APP`: what Celeriac can keep for an existing app, and what it cannot."""

from collections.abc import Iterator

from celeriac.command.connect.existing_app import AppReport, read_app
from celeriac.command.connect.findings import Finding, failure, note, ok, warning

_BY_SEVERITY = {"refusal": failure, "warning": warning, "note": note}


def app_findings(app: str, *, names: str | None, with_tasks: bool) -> Iterator[Finding]:
    """What the configuration of this app does, then its tasks; each task with who makes its messages, if asked for."""
    report = read_app("doctor", app, names)
    yield ok(f"{report.catalog['app']} of Celery {report.catalog['celery']}").of("app")
    for each in report.findings:
        yield _BY_SEVERITY.get(each["severity"], warning)(each["sentence"]).of(
            each["task"] or "configuration"
        )
    yield _offered(report).of("tasks")
    for name, sentence in report.refusals:
        yield warning(f"It is not offered: {sentence}").of(name)
    for name, sentence in report.refused_aliases:
        yield warning(sentence).of(name)
    if with_tasks:
        yield from _tasks(report)


def _offered(report: AppReport) -> Finding:
    offered, makers = len(report.offered), len(report.made_by_worker)
    text = (
        f"{offered} of {len(report.catalog['definitions'])} tasks are offered; the API writes the messages of {offered - makers} of them, "
        f"and a worker of the app those of {makers}."
    )
    return ok(text) if offered else warning(text)


def _tasks(report: AppReport) -> Iterator[Finding]:
    for definition in report.offered:
        name = definition["name"]
        reason = report.made_by_worker.get(name)
        routes = " ".join(f"POST /{route}" for route in (name, *definition["aliases"]))
        maker = f"a worker makes its messages, since {reason}" if reason else "the API writes its messages"
        yield ok(f"{routes}: {maker}.").of(name)
