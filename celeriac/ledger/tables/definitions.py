"""The place of announced definitions in Redis: sets of them, each replaced as a whole.

A set is what one announcer has: an existing Celery app, by its name, or a package of task modules (`own_set`).
"""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from celeriac.ledger.store import keys, scripts
from celeriac.ledger.store.blocking_connection import PatientConnection
from celeriac.ledger.store.connection import Connection
from celeriac.ledger.store.epoch import Epoch

# Where nothing was ever announced.
NO_VERSION = 0
# Which no name of an app begins with.
OWN = ":"
# What the script answers where all names of a set are other ones now.
ALL_OTHERS = 2

logger = logging.getLogger(__name__)


class Announced(NamedTuple):
    """One definition: the set that it belongs to, its name, and its JSON."""

    set: str
    name: str
    document: bytes


class Announcements(NamedTuple):
    """All announced definitions, as of a version; those of the set that was announced first come first."""

    version: int
    definitions: list[Announced]


class DefinitionTable:
    """Reads what was announced, over a separate connection. One request at a time."""

    def __init__(self, backend: str, *, epoch: Epoch | None = None) -> None:
        """The URL of the Redis that holds the records. Nothing is sent yet."""
        self._connection = Connection(backend, epoch=epoch)

    async def read_since(self, version: int | None) -> Announcements | None:
        """All of it, or None if the version has not changed."""
        arguments = ("" if version is None else version,)
        now, *parts = await self._connection.run(scripts.READ_DEFINITIONS, arguments)
        return _announcements(int(now), parts) if parts else None

    async def close(self) -> None:
        """Close the connection."""
        await self._connection.close()


def own_set(package: str) -> str:
    """The set of the definitions of one package of task modules."""
    return OWN + package


def is_own(set_name: str) -> bool:
    """Whether these are definitions of task modules, and not of an existing app."""
    return set_name.startswith(OWN)


def is_announced(connection: PatientConnection, set_name: str) -> bool:
    """Whether Redis has this set, whoever announced it."""
    return bool(connection.call("HEXISTS", keys.definition_sets(), _one_word(set_name)))


def announce(
    connection: PatientConnection, set_name: str, documents: Mapping[str, str], *, if_missing: bool = False
) -> bool:
    """Announce these definitions, JSON by name, in place of all that the set had. Whether that changed anything.

    `if_missing`: only where Redis has lost the set. A set without definitions is gone. Two announcers with one name for their sets replace
    each other's: the log says so where the definitions have no name in common.
    """
    flat = [part for pair in sorted(documents.items()) for part in pair]
    digest = hashlib.sha256("\n".join(flat).encode(errors="surrogatepass")).hexdigest()
    mode = "if missing" if if_missing else "always"
    answer = connection.run(scripts.ANNOUNCE_DEFINITIONS, _one_word(set_name), digest, mode, *flat)
    if answer == ALL_OTHERS:
        logger.warning(
            "the definitions of %r have replaced others with the same name of the app or package, and none in common; "
            "if those are of another one, give each a name of its own",
            set_name,
        )
    return bool(answer)


def _one_word(set_name: str) -> str:
    """A blank is what comes before the name of a definition."""
    return set_name.replace(" ", "%20")


def _announcements(version: int, parts: Sequence[bytes]) -> Announcements:
    count = 2 * int(parts[0])
    sets, flat = parts[1 : 1 + count], parts[1 + count :]
    came = {name.decode(): int(at) for name, at in zip(sets[::2], sets[1::2], strict=True)}  # first
    definitions = []
    for field, document in zip(flat[::2], flat[1::2], strict=True):
        set_name, _, name = field.decode().partition(" ")
        definitions.append(Announced(set_name, name, document))
    return Announcements(
        version, sorted(definitions, key=lambda each: (came.get(each.set, 0), each.set, each.name))
    )
