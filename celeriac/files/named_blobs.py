"""The blobs that a task may name: its own, and those of results it needs."""

from collections.abc import Callable

from celeriac.files.content import Content, InStore
from celeriac.files.store.store import Store


class NamedBlobs:
    """The context in which an input is validated. Whoever knows a hash could otherwise read the file of another owner."""

    def __init__(self, store: Store, may_read: Callable[[str], bool]) -> None:
        """`may_read` is asked for each hash."""
        self._store, self._may_read = store, may_read

    def content(self, digest: str, size: int) -> Content:
        """The bytes of a blob, read from the store when they are needed; `LookupError` if the input may not have them."""
        if not self._may_read(digest):
            raise LookupError(digest)
        return InStore(self._store, digest, size)
