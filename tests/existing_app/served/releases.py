"""A Celery app in two releases: RELEASE says which."""

import os

from celery import Celery

import celeriac

RELEASE = int(os.environ["RELEASE"])
app = Celery("releases", broker=os.environ["SAMPLE_BROKER"], backend=os.environ["SAMPLE_BROKER"])
app.conf.broker_connection_retry_on_startup = True


@app.task(name="kept")
def kept(x: int) -> int:
    """The same in both."""
    return x


if RELEASE == 1:

    @app.task(name="changed")
    def changed(x: int) -> int:
        """What the first release does."""
        return x

    @app.task(name="removed")
    def removed(x: int) -> int:
        """Not in the second release."""
        return x

else:

    @app.task(name="changed")
    def changed_later(x: int, y: int = 0) -> int:
        """What the second release does."""
        return x + y

    @app.task(name="added")
    def added(x: int) -> int:
        """Not in the first release."""
        return x


celeriac.install(app, static=True)
