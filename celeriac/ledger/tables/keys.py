"""The place of keys in Redis: documents by name, and a version that changes raise."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from celeriac.ledger.store import scripts
from celeriac.ledger.store.connection import Argument, Connection
from celeriac.ledger.store.epoch import Epoch
from celeriac.ledger.store.group_commit import Batching
from celeriac.ledger.tables.audit import KEPT_ENTRIES

# Of a table in which there was never a key.
NO_VERSION = 0


class Keys(NamedTuple):
    """The documents of all keys by name, as of a version."""

    version: int
    documents: dict[str, str]


class KeyTable:
    """Rare requests, one after another, over a separate connection."""

    def __init__(self, backend: str, *, epoch: Epoch | None = None) -> None:
        """The URL of the Redis that holds the records. Nothing is sent yet."""
        self._connection = Connection(backend, epoch=epoch)
        self._asking = Batching(self._ask_all)

    async def read(self) -> Keys:
        """All keys."""
        version, *flat = await self._run(scripts.READ_KEYS, "")
        return Keys(int(version), _documents(flat))

    async def read_since(self, version: int) -> Keys | None:
        """All keys, or None if the version has not changed."""
        now, *flat = await self._run(scripts.READ_KEYS, version)
        return None if int(now) == version else Keys(int(now), _documents(flat))

    async def change(self, name: str, *, before: str, after: str, entry: bytes = b"") -> bool:
        """Replace a document, if it has not changed; an empty text means no document.

        In the same step, the audit trail gets this entry, if there is one.
        """
        return bool(await self._run(scripts.CHANGE_KEY, name, before, after, entry, KEPT_ENTRIES))

    async def close(self) -> None:
        """Close the connection."""
        await self._asking.close()
        await self._connection.close()

    async def _run(self, script: scripts.Script, *arguments: Argument) -> Any:
        return await self._asking.do((script, arguments))

    async def _ask_all(self, questions: Sequence[tuple[scripts.Script, Sequence[Argument]]]) -> list[Any]:
        return [await self._connection.run(script, arguments) for script, arguments in questions]


def _documents(flat: Sequence[bytes]) -> dict[str, str]:
    return {name.decode(): text.decode() for name, text in zip(flat[::2], flat[1::2], strict=True)}
