"""The app of a project that has no line for Celeriac: `celery -A celeriac.shim:app worker`.

`CELERIAC_APP` names it as `celery -A` would: `proj`, `proj.celery` or `proj.celery:app`.
"""

import os
from typing import Any

import celeriac
from celeriac.settings import SHIM_VARIABLE


def _app() -> Any:
    from celery.app.utils import find_app  # noqa: PLC0415 - only where the extra is

    name = os.environ.get(SHIM_VARIABLE)
    if not name:
        raise SystemExit(
            f"celeriac.shim needs {SHIM_VARIABLE}: the Celery app of your project, such as proj.celery:app."
        )
    app = find_app(name)
    celeriac.install(app)
    # A process of the pool that is spawned imports this module, too.
    if __name__ not in app.conf.include:
        app.conf.include = [*app.conf.include, __name__]
    return app


app = _app()
