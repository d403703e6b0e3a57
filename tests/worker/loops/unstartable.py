"""An async task in a module that a loop process cannot import."""

import os
import sys

from celeriac import task

if any("celeriac_worker.loop" in argument for argument in sys.orig_argv):
    os._exit(3)


@task
async def never() -> None:
    """Not reached."""
