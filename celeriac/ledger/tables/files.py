"""What Redis knows of large files: who names them, and how much each owner has."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from celeriac.ledger.store import keys, scripts
from celeriac.ledger.store.connection import Argument, Connection
from celeriac.ledger.store.epoch import Epoch
from celeriac.ledger.store.group_commit import Batching

# How often one of all processes sweeps.
SWEEP_SECONDS = 600


class FileUse(NamedTuple):
    """How many large files the tasks of an owner name, and how many bytes these have."""

    files: int
    size_bytes: int


class FileTable:
    """Rare requests, one after another, over a separate connection."""

    def __init__(self, backend: str, *, epoch: Epoch | None = None) -> None:
        """The URL of the Redis that holds the records. Nothing is sent yet."""
        self._connection = Connection(backend, epoch=epoch)
        self._asking = Batching(self._ask_all)

    async def used_by(self, owner: str) -> FileUse:
        """What an owner's tasks name; each file counts once."""
        count, size = await self._ask("HMGET", keys.files(owner), "count", "bytes")
        return FileUse(int(count or 0), int(size or 0))

    async def knows_key(self, digest: str) -> bool:
        """Whether a submission with the idempotency key of this digest came before."""
        return bool(await self._ask("EXISTS", keys.idempotency(digest)))

    async def unnamed(self, digests: Sequence[str]) -> set[str]:
        """Those that no task names."""
        return {digest.decode() for digest in await self._ask(scripts.FIND_UNNAMED, *digests)}

    async def take_turn(self) -> bool:
        """Whether this process is to sweep now; then no other one is for ten minutes."""
        return bool(await self._ask("SET", keys.files_swept(), "1", "NX", "EX", SWEEP_SECONDS))

    async def close(self) -> None:
        """Close the connection."""
        await self._asking.close()
        await self._connection.close()

    async def _ask(self, verb: scripts.Script | str, *arguments: Argument) -> Any:
        return await self._asking.do((verb, arguments))

    async def _ask_all(
        self, questions: Sequence[tuple[scripts.Script | str, Sequence[Argument]]]
    ) -> list[Any]:
        return [
            await self._connection.run(verb, arguments)
            if isinstance(verb, scripts.Script)
            else await self._connection.call(verb, *arguments)
            for verb, arguments in questions
        ]
