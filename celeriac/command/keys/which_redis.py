"""Finds the Redis with the keys: that of the settings, or of `celeriac up` here."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from celeriac.command.output.refusal import Failure, Refusal
from celeriac.settings import Settings, SettingsError
from celeriac.stack.data_lock import is_claimed
from celeriac.stack.errors import CannotStart
from celeriac.stack.processes.ports import last_port
from celeriac.stack.valkey import Valkey


def read_settings() -> Settings:
    """The settings of the environment; `Refusal` if one is wrong."""
    try:
        return Settings.read()
    except SettingsError as wrong:
        raise Refusal(str(wrong)) from wrong


@contextmanager
def redis_of_keys(settings: Settings) -> Iterator[str]:
    """The URL of this Redis. Where `celeriac up` has data here and does not run, its Valkey runs meanwhile."""
    if settings.given_redis:
        yield settings.backend
        return
    directory = settings.data_dir
    if not directory.is_dir():
        raise Failure(_nothing_here(directory))
    if is_claimed(directory):
        yield _running(directory)
        return
    try:
        with Valkey(directory, server=settings.valkey_server) as server:
            yield server.url
    except CannotStart as refusal:
        raise Failure(str(refusal)) from refusal


def _running(directory: Path) -> str:
    port = last_port(directory)
    if port is None:
        raise Failure(f"The Valkey in {directory.resolve()} is just starting. Try again in a moment.")
    return f"redis://127.0.0.1:{port}/0"


def _nothing_here(directory: Path) -> str:
    return (
        f"This directory has no data of celeriac up ({directory}), and no variable names a Redis. Run celeriac up here "
        "first, change to its directory, or name the Redis: CELERIAC_REDIS_URL=redis://HOST:6379/0"
    )
