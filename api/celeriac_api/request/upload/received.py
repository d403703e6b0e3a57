"""The files of one request: small ones in memory, large ones in the store."""

from celeriac.files import media_type
from celeriac.files.accepts import refusal
from celeriac.files.content import Content, InStore
from celeriac.files.form import BLOB, clean_name, encoded
from celeriac.files.parameters import FileParameter
from celeriac.files.store.in_threads import AsyncStore, AsyncWriting
from celeriac.files.store.store import Blob
from celeriac.values.byte_sizes import shown_size
from celeriac_api.access.file_space import Room
from celeriac_api.request.body import invalid_input
from celeriac_api.response.errors import BodyTooLarge


class Received:
    """What has come so far. It is the context of the input's validation, which may name the blobs of this request alone."""

    def __init__(self, store: AsyncStore, room: Room, *, inline_bytes: int, largest: int) -> None:
        """`inline_bytes` may be in memory, in all files; `largest` is the limit of one file and of all together."""
        self._store, self.room, self._largest = store, room, largest
        self._memory, self._bytes = inline_bytes, 0
        self._open: ReceivedFile | None = None
        self._may_store = False
        self.blobs: list[Blob] = []

    def begin(
        self, parameter: FileParameter, *, name: str | None, content_type: str | None, at: str
    ) -> "ReceivedFile":
        """A file for this parameter; `at` is its place in the input. `InvalidInput` if the parameter takes none of its type."""
        self._open = ReceivedFile(self, parameter, clean_name(name), content_type, at)
        return self._open

    async def abandon(self) -> None:
        """Leave no file behind that is not complete."""
        if self._open is not None:
            await self._open.abandon()

    def content(self, digest: str, size: int) -> Content:
        """A blob of this request; `LookupError`."""
        if Blob(digest, size) not in self.blobs:
            raise LookupError(digest)
        return InStore(self._store.store, digest, size)

    def count(self, size: int) -> None:
        """Add to the bytes of files that have come; 413 beyond the limit."""
        self._bytes += size
        if self._bytes > self._largest:
            raise BodyTooLarge(
                f"The files of the request are larger than {self._largest} bytes, the limit of CELERIAC_MAX_FILE_BYTES."
            )

    def take_memory(self, size: int) -> bool:
        """Take memory for these bytes; False if too little is left."""
        if size > self._memory:
            return False
        self._memory -= size
        return True

    async def writing(self) -> AsyncWriting:
        """A new blob; `FileSpaceUsedUp` where the owner has no room for any."""
        if not self._may_store:
            await self.room.require()
            self._may_store = True
        return self._store.begin()


class ReceivedFile:
    """A file that is being received."""

    def __init__(
        self, request: Received, parameter: FileParameter, name: str | None, content_type: str | None, at: str
    ) -> None:
        """Its type is checked at once, and its size as it comes."""
        self._request, self._parameter, self._at = request, parameter, at
        self.name, self._content_type = name, _known_type(content_type, name, parameter, at)
        self.size = 0
        self._memory: bytearray | None = bytearray()
        self._writing: AsyncWriting | None = None
        self._check(self._content_type)

    async def write(self, chunk: bytes) -> None:
        """Append these bytes."""
        self.size += len(chunk)
        self._check(None)
        self._request.count(len(chunk))
        if self._memory is not None and self._request.take_memory(len(chunk)):
            self._memory += chunk
            return
        self._request.room.check(self.size)
        if self._writing is None:
            self._writing = await self._request.writing()
            if self._memory:
                await self._writing.write(bytes(self._memory))
            self._memory = None
        await self._writing.write(chunk)

    async def finish(self) -> object:
        """Its form in the input."""
        about = {"size": self.size, "name": self.name, "content_type": self._content_type}
        if self._writing is None:
            data = encoded(bytes(self._memory or b""))
            return data if self._parameter.is_bytes else {"data": data, **about}
        blob = await self._writing.finish()
        self._request.blobs.append(blob)
        return {BLOB: blob.digest, **about}

    async def abandon(self) -> None:
        """Leave nothing behind, if it is not complete."""
        if self._writing is not None:
            await self._writing.abandon()

    def _check(self, content_type: str | None) -> None:
        limits = self._parameter
        sentence = refusal(limits.types, limits.most_bytes, size=self.size, content_type=content_type)
        if sentence:
            value = content_type or shown_size(self.size)
            raise invalid_input([(self._at, f"Input {sentence}", value)])


def _known_type(content_type: str | None, name: str | None, parameter: FileParameter, at: str) -> str | None:
    """The type that the client declares, or that the name suggests; `application/octet-stream` says nothing."""
    if content_type is not None and not media_type.is_valid(content_type):
        raise invalid_input([(at, "should have a content type such as image/png", content_type)])
    if content_type is None or media_type.essence(content_type) == media_type.UNKNOWN:
        guessed = media_type.of_name(name)
        return guessed or (None if parameter.types else content_type)
    return content_type
