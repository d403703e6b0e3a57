"""Gives a run its large files, and keeps those that it returns."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from celeriac.files.content import Content, InStore
from celeriac.files.form import BLOB, KEYWORD
from celeriac.files.named_blobs import NamedBlobs
from celeriac.files.store.from_settings import store_at
from celeriac.files.store.store import Blob, Store, write

# How many files a result may have.
MOST_FILES = 1_000


class FileRules:
    """Where a process keeps files, and how large they may be. The store is made in the process that uses it: S3 does not survive a fork."""

    def __init__(self, place: str, *, durable: bool, inline_bytes: int, max_file_bytes: int) -> None:
        """Nothing is opened yet. `place` and `durable` are as in `store_at`; files of up to `inline_bytes` are part of the result."""
        self._open_store = partial(store_at, place, durable=durable)
        self.inline_bytes, self.max_file_bytes = inline_bytes, max_file_bytes
        self._store: Store | None = None

    def of_run(self, may_read: Callable[[str], bool]) -> "RunFiles":
        """The files of a run; `may_read` is whether its task may read the blob with this hash."""
        return RunFiles(self, may_read)

    @property
    def store(self) -> Store:
        """Where large files are."""
        if self._store is None:
            self._store = self._open_store()
        return self._store


class RunFiles:
    """The context in which the input of a run is validated, and its result becomes JSON."""

    def __init__(self, rules: FileRules, may_read: Callable[[str], bool]) -> None:
        """`may_read` is whether the task may read the blob with this hash."""
        self._rules, self._may_read = rules, may_read
        self.kept: list[Blob] = []

    def content(self, digest: str, size: int) -> Content:
        """A blob of the input, which is read when the task reads it; `LookupError`."""
        return NamedBlobs(self._rules.store, self._may_read).content(digest, size)

    def keep(self, content: Content) -> str | None:
        """Write a large file of the result to the store, without having it in memory; None if it is small.

        `ValueError` if it is too large. One that is in the store already, as part of the input, is not written again.
        """
        size, rules = content.size, self._rules
        if size <= rules.inline_bytes:
            return None
        if size > rules.max_file_bytes or len(self.kept) == MOST_FILES:
            raise ValueError(
                f"a file has {size:,} bytes, more than CELERIAC_MAX_FILE_BYTES ({rules.max_file_bytes:,})"
                if size > rules.max_file_bytes
                else f"it has more than {MOST_FILES:,} large files"
            )
        if isinstance(content, InStore):
            rules.store.touch(content.digest)
            blob = Blob(content.digest, size)
        else:
            blob = write(rules.store, content.chunks())
        self.kept.append(blob)
        return blob.digest


def names_blobs(input_json: str | bytes) -> bool:
    """Whether this input can name a blob."""
    return BLOB in input_json if isinstance(input_json, str) else BLOB.encode() in input_json


def has_files(schema: Mapping[str, Any]) -> bool:
    """Whether values of this JSON Schema can contain a file."""
    text = json.dumps(schema)
    return KEYWORD in text or "contentEncoding" in text
