"""Lists what each service imports before it knows its tasks and settings."""

from contextlib import suppress
from importlib import import_module

# Besides the program of the service: what it imports when it is started.
LATER = {
    "celeriac_api": (
        "celeriac_api.app",
        "celeriac_api.server.connections.one_write",
        "uvicorn.lifespan.on",
        "uvicorn.loops.auto",
    ),
    # What celeriac_worker/app.py imports, which makes the app at once; and what Celery imports.
    "celeriac_worker": (
        "celeriac_worker.configuration",
        "celeriac_worker.controller",
        "celeriac_worker.health",
        "celeriac_worker.insides.parts",
        "celeriac_worker.intake.consumer",
        "celeriac_worker.intake.transport",
        "celeriac_worker.logs",
        "celeriac_worker.processes.process_groups",
        "celeriac_worker.processes.scheduler",
        "celeriac_worker.run.backend",
        "celeriac_worker.run.task",
        "celeriac_worker.steps.child_watch",
        "celeriac_worker.steps.heartbeat",
        "celeriac_worker.steps.keeper",
        "celeriac_worker.steps.return_reserved",
        "celeriac_worker.steps.timer_cleanup",
        "celeriac_worker.temporary_files",
        "celery.__main__",
        "celery.app.amqp",
        "celery.app.control",
        "celery.app.log",
        "celery.apps.worker",
        "celery.bin.celery",
        "celery.events.receiver",
        "celery.fixups.django",
        "celery.worker.autoscale",
        "celery.worker.components",
        "celery.worker.consumer.delayed_delivery",
        "celery.worker.strategy",
        "billiard.heap",
        "billiard.popen_fork",
        "billiard.synchronize",
    ),
}
# What tasks begin with, and what the address of a Redis needs.
EVERYWHERE = ("celeriac.contract.declaration", "encodings.idna")
# Each service does without these where they are not installed.
OPTIONAL = {"celeriac_api": ("uvloop",), "celeriac_worker": ()}


def import_service(package: str) -> None:
    """Import all of it."""
    for name in (f"{package}.__main__", *LATER[package], *EVERYWHERE):
        import_module(name)
    for name in OPTIONAL[package]:
        with suppress(ImportError):
            import_module(name)
