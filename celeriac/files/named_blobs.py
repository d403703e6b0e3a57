"""The blobs that a task may name: its own, and those of results it needs."""

from collections.abc import Callable, Collection

from celeriac.files.content import Content, InStore
from celeriac.files.store.store import Store


class NamedBlobs:
    """The context in which an input is validated. Whoever knows a hash could otherwise read the file of another owner."""

    def __init__(self, store: Store, named: Callable[[], Collection[str]]) -> None:
        """`named` gives the hashes; it is called at the first blob."""
        self._store, self._named = store, named
        self._digests: Collection[str] | None = None

    def content(self, digest: str, size: int) -> Content:
        """The bytes of a blob, read from the store when they are needed; `LookupError` if the input may not have them."""
        if self._digests is None:
            self._digests = self._named()
        if digest not in self._digests:
            raise LookupError(digest)
        return InStore(self._store, digest, size)
