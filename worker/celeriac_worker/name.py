"""Gives a worker a name that no other worker has."""

import json
import os
import socket
import time
from contextlib import suppress
from typing import Any
from uuid import uuid4

import click
from celery.apps.worker import Worker
from click.core import ParameterSource

from celeriac.ledger.for_workers import Consumer
from celeriac.telemetry.start_messages import refuse_start

# More than two beats: a namesake that lives is heard of meanwhile.
LISTENING_SECONDS = 2.5
POLL_SECONDS = 0.1


class NamedWorker(Worker):  # type: ignore[misc]  # celery has no types
    """Celery's worker with a unique default name; Celery would name each on this machine `celery@host`."""

    def __init__(self, app: Any = None, hostname: str | None = None, **options: Any) -> None:
        """As `celery worker` calls it."""
        own = f"celery-{uuid4().hex[:6]}@{socket.gethostname()}"
        super().__init__(app, hostname if hostname and _is_chosen() else own, **options)


class NameTaken(Exception):
    """Another worker has this name."""


def refuse_namesake(consumer: Consumer, name: str) -> None:
    """End this process with a sentence if a live worker has this name."""
    seen_at, words = consumer.last_heard_of(name)
    if seen_at is None or words is None:
        return
    says = json.loads(words)
    if says.get("host") == socket.gethostname() and not _is_alive(says["pid"]):
        return
    end = time.monotonic() + LISTENING_SECONDS
    while time.monotonic() < end:
        time.sleep(POLL_SECONDS)
        if consumer.last_heard_of(name)[0] != seen_at:
            place = f"process {says['pid']} on {says.get('host')}"
            sentence = f"Another worker has the name {name!r} ({place}): start this one with another name (-n), or without -n."
            refuse_start("worker", NameTaken(sentence))


def _is_chosen() -> bool:
    """Whether the name is one that somebody has given, and not the default of the command line."""
    command = click.get_current_context(silent=True)
    return command is None or command.get_parameter_source("hostname") is not ParameterSource.DEFAULT


def _is_alive(pid: int) -> bool:
    with suppress(PermissionError):  # of somebody else
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
    return True
