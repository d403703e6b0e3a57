"""Creates the first key, for containers: once, also when two of them start together."""

import os
from pathlib import Path

from celeriac.access.key import Key
from celeriac.access.scopes import Scope
from celeriac.access.secret import new_secret, well_formed
from celeriac.access.stored_keys import StoredKeys
from celeriac.command.keys.actions import ask_redis, say
from celeriac.command.keys.audit import entry_of
from celeriac.command.keys.which_redis import read_settings
from celeriac.command.output.refusal import Failure

NAME = "admin"


def create(file: Path) -> None:
    """Print and keep the first key, if there was never any and the settings ask for one."""
    settings = read_settings()
    if settings.open or settings.keys_file:
        say("No key is created: CELERIAC_OPEN or CELERIAC_KEYS_FILE is set.")
        return
    key = Key(name=NAME, owner=NAME, grants=(Scope.ADMIN,), digests=())
    try:
        # The file comes first: if this ends in between, the next start stores the same secret.
        secret = _kept_secret(file)
    except OSError as error:
        raise Failure(f"The first key cannot be kept in {file}: {error.strerror}.") from error
    if ask_redis(settings, lambda keys: StoredKeys(keys, entry_of=entry_of).create_first(key, secret)):
        say(
            f"The first key was created, with the name {NAME!r} and all rights. It is kept in {file}:", secret
        )
    else:
        say(f"Keys were created before. The first one was kept in {file}.")


def _kept_secret(file: Path) -> str:
    """The secret in this file; a new one if there is no file."""
    if not file.exists():
        new = file.with_name(f"{file.name}.{os.getpid()}")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as output:
            output.write(f"{new_secret()}\n")
            output.flush()
            os.fsync(output.fileno())
        try:
            os.link(new, file)
        except FileExistsError:
            pass  # another one was first: its secret counts
        finally:
            new.unlink()
    secret = file.read_text().strip()
    if not well_formed(secret):
        raise Failure(f"{file} does not contain a key of Celeriac. Delete it, and start again.")
    return secret
