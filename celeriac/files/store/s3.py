"""Keeps blobs in S3, or in what has its API, through obstore.

Nothing is renamed or touched there. So each writing and touching makes an object of its own, `ab/abcd…/<random>`, and a sweep removes
only objects that are old themselves: it never takes one that was written or touched meanwhile.
"""

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from celeriac.files.store.store import CHUNK_BYTES, Blob, BlobGone, StoreError, checked

if TYPE_CHECKING:
    from obstore import ObjectMeta, WritableFile

INCOMING = "incoming"
# A larger blob is uploaded in parts of this size. S3 allows 10,000 parts.
PART_BYTES, PARTS_AT_ONCE = 8_388_608, 4
# A blob that was written or touched so recently is not copied again when it is touched: it has this time less until a sweep takes it.
FRESH = timedelta(minutes=20)


@contextmanager
def _translating() -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError) as error:
        raise StoreError(f"S3: {str(error).strip().partition(chr(10))[0][:300]}") from error


class ObjectStore:
    """A `Store` in a bucket. The environment has the credentials, region and endpoint, in the variables of AWS (`AWS_…`)."""

    def __init__(self, bucket: str, prefix: str = "") -> None:
        """Nothing is sent yet."""
        with _translating():
            self._store = S3Store(bucket, prefix=prefix or None)

    def begin(self) -> "ObjectWriting":
        """An upload, which is sent in parts where it has several."""
        return ObjectWriting(self._store)

    def open(self, digest: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes of its newest object, in one request."""
        with _translating():
            for newest in self._newest_again(digest):
                until = newest["size"] if end is None else min(end, newest["size"])
                if start >= until:
                    return iter(())
                with suppress(FileNotFoundError):
                    answer = obstore.get(self._store, newest["path"], options={"range": (start, until)})
                    return _chunks(answer.stream(min_chunk_size=CHUNK_BYTES))
        raise BlobGone(digest)

    def size(self, digest: str) -> int:
        """The size of its newest object."""
        with _translating():
            for newest in self._newest_again(digest):
                return newest["size"]
        raise BlobGone(digest)

    def touch(self, digest: str) -> None:
        """Copy it, without sending its content, unless it is fresh; then the older objects go."""
        with _translating():
            for newest in self._newest_again(digest):
                if newest["last_modified"] > datetime.now(UTC) - FRESH:
                    return
                with suppress(FileNotFoundError):
                    obstore.copy(self._store, newest["path"], _new_path(digest))
                    self.put_back(digest)
                    return
        raise BlobGone(digest)

    def old(self, before: float) -> Iterator[str]:
        """Those that have an old object."""
        with _translating():
            for objects in obstore.list(self._store):
                for path in (each["path"] for each in objects if _is_older(each, before)):
                    folder, _, rest = path.partition("/")
                    if folder != INCOMING:
                        yield rest.partition("/")[0]

    def aside(self) -> Iterator[str]:
        """None: nothing is changed before it is removed."""
        return iter(())

    def set_aside(self, digest: str, before: float) -> bool:
        """Whether it has an old object. Nothing needs to be done before it is removed."""
        with _translating():
            return any(_is_older(each, before) for each in self._objects(digest))

    def put_back(self, digest: str) -> None:
        """Only its newest object is needed."""
        with _translating():
            objects = sorted(self._objects(digest), key=_age)
            obstore.delete(self._store, [each["path"] for each in objects[1:]])

    def discard(self, digest: str, before: float) -> None:
        """Delete its old objects."""
        with _translating():
            old = [each["path"] for each in self._objects(digest) if _is_older(each, before)]
            obstore.delete(self._store, old)

    def tidy(self, before: float) -> int:
        """Delete old objects in `incoming/`. Parts of an upload that was cut off are for a rule of the bucket."""
        with _translating():
            old = [
                each["path"]
                for objects in obstore.list(self._store, prefix=INCOMING)
                for each in objects
                if _is_older(each, before)
            ]
            obstore.delete(self._store, old)
            return len(old)

    def _newest_again(self, digest: str) -> Iterator["ObjectMeta"]:
        """The newest object; after that, once more, for a sweep may have removed it in favour of a newer one."""
        for _ in range(2):
            if objects := self._objects(digest):
                yield min(objects, key=_age)

    def _objects(self, digest: str) -> list["ObjectMeta"]:
        return [each for objects in obstore.list(self._store, prefix=_folder(digest)) for each in objects]


class ObjectWriting:
    """An `Writing` into S3. One part of it is in memory, and those that are being sent."""

    def __init__(self, store: S3Store) -> None:
        """Nothing is sent before the first part is full."""
        self._store = store
        self._hash, self._size = hashlib.sha256(), 0
        self._first = bytearray()
        self._path = f"{INCOMING}/{secrets.token_hex(16)}"
        self._writer: WritableFile | None = None

    def write(self, chunk: bytes) -> None:
        """Send the parts that are full."""
        self._hash.update(chunk)
        self._size += len(chunk)
        if self._writer is None and self._size <= PART_BYTES:
            self._first += chunk
            return
        with _translating():
            if self._writer is None:
                self._writer = obstore.open_writer(
                    self._store, self._path, buffer_size=PART_BYTES, max_concurrency=PARTS_AT_ONCE
                )
                self._writer.write(bytes(self._first))
                self._first.clear()
            self._writer.write(chunk)

    def finish(self) -> Blob:
        """Write a small blob at once; copy a large one to its hash, which is known only now."""
        blob = Blob(self._hash.hexdigest(), self._size)
        path = _new_path(blob.digest)
        with _translating():
            if self._writer is None:
                obstore.put(self._store, path, bytes(self._first), use_multipart=False)
                return blob
            writer, self._writer = self._writer, None
            writer.close()
            obstore.copy(self._store, self._path, path)
            obstore.delete(self._store, self._path)
        return blob

    def abandon(self) -> None:
        """Delete what was sent."""
        if self._writer is None:
            return
        writer, self._writer = self._writer, None
        with _translating(), suppress(FileNotFoundError):
            writer.close()
            obstore.delete(self._store, self._path)


def _chunks(chunks: Iterator[bytes]) -> Iterator[bytes]:
    with _translating():
        yield from map(bytes, chunks)


def _folder(digest: str) -> str:
    return f"{checked(digest)[:2]}/{digest}"


def _new_path(digest: str) -> str:
    return f"{_folder(digest)}/{secrets.token_hex(8)}"


def _is_older(meta: "ObjectMeta", before: float) -> bool:
    return meta["last_modified"].timestamp() < before


def _age(meta: "ObjectMeta") -> float:
    return -meta["last_modified"].timestamp()
