"""`python -m celeriac_worker` runs a worker with Celery and the settings."""

import os
import sys

# SIGTERM then returns running tasks after CELERIAC_SHUTDOWN_GRACE. Celery reads it when it is loaded.
os.environ.setdefault("REMAP_SIGTERM", "SIGQUIT")

# Nobody steers our workers through Celery's remote control: they need not hear of each other, and start faster.
OPTIONS = ("--loglevel", "INFO", "--without-gossip", "--without-mingle", "--without-heartbeat")


def main() -> None:
    """Run until a signal comes."""
    from celery.__main__ import main as celery  # noqa: PLC0415 - after the line above

    sys.argv = ["celery", "-A", "celeriac_worker.app", "worker", *OPTIONS, *sys.argv[1:]]
    celery()


if __name__ == "__main__":
    main()
