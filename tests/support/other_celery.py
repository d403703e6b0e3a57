"""The worker's app, as with a Celery that it was not written for.

`celery -A tests.support.other_celery worker` runs it. What builds on Celery's insides cannot be loaded there.
"""

import sys

from celeriac_worker.insides import parts, table

FOUND = table.Table(
    {"celery": "another"}, (table.Inside("processes/scheduler.py", "billiard.pool:Pool._gone"),)
)

table.read_table = lambda: FOUND
for name in parts.FAST:
    sys.modules[f"celeriac_worker.{name.removesuffix('.py').replace('/', '.')}"] = None  # type: ignore[assignment]  # Python's way

from celeriac_worker.app import app  # noqa: E402 - after the above

__all__ = ["app"]
