"""Keeps blobs in a directory: `ab/cd/abcd…`, each written under another name and renamed.

A blob that is being removed is renamed into `trash/` first, so that whoever touches or writes it meanwhile either changes what is
looked at there, or finds a new file in its place.
"""

import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from pathlib import Path
from typing import BinaryIO, ParamSpec, TypeVar

from celeriac.files.store.store import CHUNK_BYTES, Blob, BlobGone, StoreError, checked

P = ParamSpec("P")
R = TypeVar("R")

# Where uploads are written, and what is being removed.
INCOMING, TRASH = "incoming", "trash"


def _translated(act: Callable[P, R]) -> Callable[P, R]:
    """What the system refuses becomes a `StoreError` with its reason."""

    @wraps(act)
    def translated(*args: P.args, **kwargs: P.kwargs) -> R:
        with _translating():
            return act(*args, **kwargs)

    return translated


@contextmanager
def _translating() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{error.strerror or error} ({error.filename or 'the directory of files'})"
        ) from error


class DirectoryStore:
    """A `Store` in a directory, which is created with the first blob."""

    def __init__(self, root: Path, *, durable: bool) -> None:
        """With `durable`, `finish` returns when the content is on the disk."""
        self.root = root
        self._durable = durable

    @_translated
    def begin(self) -> "DirectoryWriting":
        """A new file in `incoming/`."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        incoming = self.root / INCOMING
        incoming.mkdir(exist_ok=True)
        return DirectoryWriting(self, incoming / secrets.token_hex(16), durable=self._durable)

    @_translated
    def open(self, digest: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The file's bytes; it is open from now on."""
        file = self._opened(digest)
        file.seek(start)
        return _chunks(file, None if end is None else end - start)

    @_translated
    def size(self, digest: str) -> int:
        """The size of the file."""
        with self._opened(digest) as file:
            return os.fstat(file.fileno()).st_size

    @_translated
    def touch(self, digest: str) -> None:
        """The time of its last change is when it was touched."""
        path = self.path(digest)
        for _ in range(2):  # once more after it was put back
            with suppress(FileNotFoundError):
                return os.utime(path)
            self._restore(digest)
        raise BlobGone(digest)

    def old(self, before: float) -> Iterator[str]:
        """All files, folder by folder."""
        with _translating():
            for folder in _folders(self.root):
                for path in _files(folder):
                    if _is_older(path, before):
                        yield path.name

    def aside(self) -> Iterator[str]:
        """What is in `trash/`."""
        with _translating():
            yield from dict.fromkeys(path.name.partition(".")[0] for path in _files(self.root / TRASH))

    @_translated
    def set_aside(self, digest: str, before: float) -> bool:
        """Rename it into `trash/`, under a name that no other sweep has."""
        path, trash = self.path(digest), self.root / TRASH
        if not _is_older(path, before):
            return any(self._in_trash(digest))
        trash.mkdir(exist_ok=True)
        with suppress(FileNotFoundError):
            path.rename(trash / f"{digest}.{secrets.token_hex(8)}")
        return True

    @_translated
    def put_back(self, digest: str) -> None:
        """Rename it back."""
        self._restore(checked(digest))

    @_translated
    def discard(self, digest: str, before: float) -> None:
        """Delete what is in `trash/`; what was touched on its way there is renamed back."""
        for path in self._in_trash(checked(digest)):
            if _is_older(path, before):
                path.unlink(missing_ok=True)
            else:
                self._restore(digest)

    @_translated
    def tidy(self, before: float) -> int:
        """Delete old files in `incoming/`."""
        leftovers = [path for path in _files(self.root / INCOMING) if _is_older(path, before)]
        for path in leftovers:
            path.unlink(missing_ok=True)
        return len(leftovers)

    def path(self, digest: str) -> Path:
        """Where the blob with this hash is."""
        return self.root / checked(digest)[:2] / digest[2:4] / digest

    def _opened(self, digest: str) -> BinaryIO:
        path = self.path(digest)
        for _ in range(2):
            with suppress(FileNotFoundError):
                return path.open("rb", buffering=0)
            self._restore(digest)
        raise BlobGone(digest)

    def _restore(self, digest: str) -> None:
        """Put the blob back from `trash/`, if it is there, as if it was touched now: it may replace a newer file."""
        for place in self._in_trash(digest):
            with suppress(FileNotFoundError):
                os.utime(place)
                place.rename(self.path(digest))

    def _in_trash(self, digest: str) -> list[Path]:
        return [path for path in _files(self.root / TRASH) if path.name.startswith(digest + ".")]


class DirectoryWriting:
    """An `Writing` into a directory."""

    def __init__(self, store: DirectoryStore, path: Path, *, durable: bool) -> None:
        """`path` is a new file, on the file system of the store."""
        self._store, self._path, self._durable = store, path, durable
        self._file = path.open("xb", buffering=0)
        self._hash, self._size = hashlib.sha256(), 0

    @_translated
    def write(self, chunk: bytes) -> None:
        """Write to the file."""
        self._hash.update(chunk)
        self._size += len(chunk)
        rest = memoryview(chunk)
        while rest:
            rest = rest[self._file.write(rest) :]

    @_translated
    def finish(self) -> Blob:
        """Rename the file to its hash; equal content that is there already is replaced."""
        if self._durable:
            os.fsync(self._file.fileno())
        self._file.close()
        blob = Blob(self._hash.hexdigest(), self._size)
        path = self._store.path(blob.digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        os.utime(self._path)  # the last bytes may have come long after the others
        self._path.rename(path)
        if self._durable:
            for folder in (path.parent, path.parent.parent, self._store.root):
                _sync(folder)
        return blob

    @_translated
    def abandon(self) -> None:
        """Delete the file."""
        self._file.close()
        self._path.unlink(missing_ok=True)


def _chunks(file: BinaryIO, most: int | None) -> Iterator[bytes]:
    with file, _translating():
        while most is None or most > 0:
            data = file.read(CHUNK_BYTES if most is None else min(CHUNK_BYTES, most))
            if not data:
                return
            most = None if most is None else most - len(data)
            yield data


def _folders(root: Path) -> Iterator[Path]:
    """Those two levels below that contain blobs."""
    for first in _entries(root):
        if len(first.name) == 2:
            yield from (Path(second.path) for second in _entries(Path(first.path)))


def _files(folder: Path) -> Iterator[Path]:
    yield from (Path(entry.path) for entry in _entries(folder))


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        yield from entries


def _is_older(path: Path, before: float) -> bool:
    try:
        return path.stat().st_mtime < before
    except FileNotFoundError:
        return False


def _sync(folder: Path) -> None:
    """A name that is in a directory is on the disk with the directory."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
