"""Loads a Celery app by the name that `celery -A` takes, with all its tasks."""

from typing import Any

from celery import Celery
from celery.app.utils import find_app

from celeriac.contract.importing import failure_of


class NotLoaded(Exception):
    """The app cannot be loaded. The text says why, and where."""


def load_app(name: str) -> Any:
    """The app, as a worker loads it: its modules, those of `include` and `imports`, and what is found by itself. Nothing connects.

    `NotLoaded` has the reason.
    """
    try:
        app = find_app(name)
        if isinstance(app, Celery):
            app.loader.import_default_modules()
            app.finalize()
    except (Exception, SystemExit) as error:  # code of the app
        raise NotLoaded(f"The app {name} cannot be loaded: {_failure_of(name, _cause(error))}.") from error
    if not isinstance(app, Celery):
        raise NotLoaded(f"{name} is a {type(app).__name__}, and no Celery app.")
    return app


def _failure_of(name: str, error: BaseException) -> str:
    module, _, attribute = name.partition(":")
    if attribute and isinstance(error, ModuleNotFoundError) and error.name == name:  # as find_app says it
        return f"the module {module} has no {attribute!r}"
    return failure_of(error, loader=__file__)


def _cause(error: BaseException) -> BaseException:
    """Celery's settings turn an error of the user's own into one about an attribute that is missing."""
    while isinstance(error, AttributeError) and error.__context__ is not None:
        error = error.__context__
    return error
