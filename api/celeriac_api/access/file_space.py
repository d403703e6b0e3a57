"""How many bytes the large files of an owner's tasks may have together."""

from dataclasses import dataclass

from celeriac.ledger.tables.files import FileTable, FileUse
from celeriac_api.access.caller import Caller
from celeriac_api.response.errors import FileSpaceUsedUp


class FileSpace:
    """The limit of the settings, and what each owner uses. In open access, nothing is limited."""

    def __init__(self, table: FileTable, most_bytes: int | None) -> None:
        """`most_bytes` is for each owner; None: no limit."""
        self._table, self.most_bytes = table, most_bytes

    async def used_by(self, caller: Caller) -> FileUse:
        """What the tasks of the caller's owner have."""
        return await self._table.used_by(caller.owner) if caller.owner else FileUse(0, 0)

    async def require(self, caller: Caller, key: str | None) -> None:
        """`FileSpaceUsedUp` if nothing is left, unless a submission with the idempotency key of this digest came before."""
        if self.most_bytes is None or not caller.owner:
            return
        if (await self.used_by(caller)).size_bytes < self.most_bytes:
            return
        if key is None or not await self._table.knows_key(key):
            raise file_space_used_up(self.most_bytes)

    def check(self, caller: Caller, size: int) -> None:
        """`FileSpaceUsedUp` if one file of this size is more than an owner may have."""
        if self.most_bytes is not None and caller.owner and size > self.most_bytes:
            raise file_space_used_up(self.most_bytes)


@dataclass(frozen=True)
class Room:
    """The space for the large files of one request, which is looked at before they are stored.

    The same content counts once, so what is left exactly is decided when the task is accepted.
    """

    space: FileSpace
    caller: Caller
    # The digest of its idempotency key. One that came before gets the answer of then: its files are there already.
    key: str | None

    async def require(self) -> None:
        """`FileSpaceUsedUp` if nothing is left for the first large file."""
        await self.space.require(self.caller, self.key)

    def check(self, size: int) -> None:
        """The same for a file that is this large so far."""
        self.space.check(self.caller, size)


def file_space_used_up(most_bytes: int) -> FileSpaceUsedUp:
    """The refusal of a submission with files."""
    return FileSpaceUsedUp(
        f"The files of this owner's tasks may have {most_bytes:,} bytes together (CELERIAC_MAX_FILE_BYTES_PER_OWNER). "
        "Delete tasks that have ended, or wait until they are forgotten.",
        limit="owner-file-bytes",
    )
