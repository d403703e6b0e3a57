"""What an app with `celeriac.install` carries: `app.celeriac`.

It is made in the user's module, in every process that imports it, and reads no setting then: Celery's own are often not complete
before the app is first used. A process that is forked takes it along; one that is spawned gets another.
"""

from collections.abc import Sequence
from datetime import timedelta
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

from celeriac.ledger.for_apps import AppConsumer, Publisher
from celeriac.settings import Settings
from celeriac_worker.existing_app.addresses import backend_address, broker_address
from celeriac_worker.existing_app.definitions.names import Names
from celeriac_worker.existing_app.running.connections import connection_kind
from celeriac_worker.existing_app.running.runs import Runs

ATTRIBUTE = "celeriac"


class AppLedger:
    """The ledger of one app: its settings, and the connections of this process."""

    def __init__(self, app: Any, *, names: Names | None = None, static: bool | Sequence[str] = ()) -> None:
        """Nothing is read and nothing is sent. `static` are the tasks (globs; True: all) whose messages do not depend on their arguments."""
        self.app = app
        self.names = names
        self.static: tuple[str, ...] = ("*",) if static is True else tuple(static or ())
        self.runs = Runs()

    def rename(self, *, names: Names | None, static: bool | Sequence[str]) -> None:
        """Take these options in place of the former ones, as far as they are set."""
        self.names = names or self.names
        self.static = (("*",) if static is True else tuple(static or ())) or self.static

    def is_static(self, task: str) -> bool:
        """Whether the user says that the messages of this task do not depend on its arguments."""
        return any(fnmatchcase(task, pattern) for pattern in self.static)

    @property
    def name(self) -> str:
        """What the catalog calls the app: its own name, or that of its module."""
        return str(self.app.main or self.app.__module__ or "celery")

    @cached_property
    def settings(self) -> Settings:
        """`CELERIAC_…` variables, and for what they leave open the app's own broker and results. Raises `SettingsError` and `NotRedis`."""
        settings = Settings.read()
        kept_for = _kept_for(self.app)
        if kept_for and "result_ttl" not in settings.model_fields_set:
            settings = settings.model_copy(update={"result_ttl": kept_for})
        if settings.given_redis:
            return settings
        broker = broker_address(self.app)
        return settings.model_copy(
            update={"broker_url": broker, "result_backend": backend_address(self.app) or broker}
        )

    @cached_property
    def consumer(self) -> AppConsumer:
        """The ledger for a worker; usable in all threads and greenlets, and in processes that are forked later."""
        return AppConsumer(self.settings, connect=connection_kind())

    @cached_property
    def publisher(self) -> Publisher:
        """The ledger for whoever publishes; usable like `consumer`."""
        return Publisher(self.settings)


def _kept_for(app: Any) -> timedelta | None:
    """For how long Celery keeps results; None if for any time."""
    expires = app.conf.result_expires
    if not isinstance(expires, timedelta):
        expires = timedelta(seconds=float(expires or 0))
    return expires if expires > timedelta() else None


def ledger_of(app: Any) -> AppLedger | None:
    """What an app carries; None where nothing was installed."""
    ledger = getattr(app, ATTRIBUTE, None)
    return ledger if isinstance(ledger, AppLedger) else None
