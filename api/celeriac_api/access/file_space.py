"""How many bytes the large files of an owner's tasks may have together."""

from celeriac.ledger.tables.files import FileTable, FileUse
from celeriac_api.access.caller import Caller
from celeriac_api.response.errors import BodyTooLarge


class FileSpace:
    """The limit of the settings, and what each owner uses. In open access, nothing is limited."""

    def __init__(self, table: FileTable, most_bytes: int | None) -> None:
        """`most_bytes` is for each owner; None: no limit."""
        self._table, self.most_bytes = table, most_bytes

    async def used_by(self, caller: Caller) -> FileUse:
        """What the tasks of the caller's owner have."""
        return await self._table.used_by(caller.owner) if caller.owner else FileUse(0, 0)

    async def require(self, caller: Caller, size: int) -> None:
        """`BodyTooLarge` if there is no room for so many bytes: for an upload, before it is read.

        The same content counts once, so that what is refused later is decided when the task is accepted.
        """
        if self.most_bytes is None or not caller.owner:
            return
        used = (await self.used_by(caller)).size_bytes
        if used >= self.most_bytes or size > self.most_bytes:
            raise file_space_used_up(self.most_bytes)


def file_space_used_up(most_bytes: int) -> BodyTooLarge:
    """The refusal of a submission with files."""
    return BodyTooLarge(
        f"The files of this owner's tasks may have {most_bytes:,} bytes together (CELERIAC_MAX_FILE_BYTES_PER_OWNER). "
        "Delete tasks that have ended, or wait until they are forgotten.",
        limit="owner-file-bytes",
    )
