"""A directory and S3 keep blobs in the same way."""

import asyncio
import hashlib
import os
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from celeriac.files.store.from_settings import store_at
from celeriac.files.store.in_threads import WRITTEN_BYTES, AsyncStore
from celeriac.files.store.s3 import PART_BYTES
from celeriac.files.store.store import Blob, BlobGone, StoreError, SweptStore, write
from tests.files import stores

NUMBERS = count()
ABSENT = "0" * 64


@pytest.fixture(scope="module")
def s3() -> Iterator[dict[str, str]]:
    """A server of S3."""
    with stores.s3() as variables:
        yield variables


@pytest.fixture(params=["directory", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> SweptStore:
    """An empty store of each kind."""
    if request.param == "directory":
        return store_at(str(tmp_path / "files"), durable=True)
    request.getfixturevalue("s3")
    return store_at(f"s3://{stores.BUCKET}/test/{next(NUMBERS)}", durable=True)


def soon() -> float:
    """What was touched until now is older than this."""
    return time.time() + 2


def test_a_blob_has_the_hash_and_the_size_of_its_content_and_is_read_in_ranges(store: SweptStore) -> None:
    data = os.urandom(100_000)
    blob = write(store, [data[:70_000], b"", data[70_000:]])
    assert blob == Blob(hashlib.sha256(data).hexdigest(), 100_000)
    assert store.size(blob.digest) == 100_000
    for start, end in ((0, None), (3, 7), (99_999, None), (99_999, 200_000), (100_000, None), (5, 5)):
        assert b"".join(store.open(blob.digest, start, end)) == data[start:end]


def test_an_empty_blob_is_a_blob(store: SweptStore) -> None:
    blob = write(store, [])
    assert blob.size == 0
    assert b"".join(store.open(blob.digest)) == b""


def test_a_blob_of_several_parts_is_whole(store: SweptStore) -> None:
    data = os.urandom(1_000_000) * (2 * PART_BYTES // 1_000_000 + 1)
    blob = write(store, (data[start : start + 600_000] for start in range(0, len(data), 600_000)))
    assert blob == Blob(hashlib.sha256(data).hexdigest(), len(data))
    assert hashlib.sha256(b"".join(store.open(blob.digest))).hexdigest() == blob.digest
    assert b"".join(store.open(blob.digest, PART_BYTES - 5, PART_BYTES + 5)) == data[PART_BYTES - 5 :][:10]
    assert list(store.old(soon())) == [blob.digest]
    assert list(store.aside()) == []


def test_what_is_abandoned_is_no_blob(store: SweptStore) -> None:
    writing = store.begin()
    writing.write(b"x" * (PART_BYTES + 1))
    writing.abandon()
    assert list(store.old(soon())) == []
    assert store.tidy(soon()) == 0


def test_an_upload_that_died_is_tidied_away_when_it_is_old(store: SweptStore) -> None:
    writing = store.begin()
    writing.write(b"x" * 100)
    assert store.tidy(time.time() - 100) == 0
    store.tidy(soon())
    assert list(store.old(soon())) == []


def test_what_is_not_there_is_gone(store: SweptStore) -> None:
    for use in (store.open, store.size, store.touch):
        with pytest.raises(BlobGone):
            use(ABSENT)


def test_nothing_but_a_hash_leads_to_a_file(store: SweptStore) -> None:
    for text in ("../../etc/passwd", "", "0" * 63, "0" * 63 + "/", "G" * 64, "0" * 64 + "\n"):
        with pytest.raises(ValueError, match="SHA-256"):
            store.open(text)


def test_a_sweep_removes_only_what_is_old(store: SweptStore) -> None:
    blob = write(store, [b"old"]).digest
    assert list(store.old(time.time() - 100)) == []
    assert not store.set_aside(blob, time.time() - 100)
    assert list(store.old(soon())) == [blob]
    assert store.set_aside(blob, soon())
    store.discard(blob, soon())
    with pytest.raises(BlobGone):
        store.open(blob)


def test_what_is_set_aside_can_be_put_back_read_touched_and_written_again(store: SweptStore) -> None:
    for keep in (store.put_back, store.open, store.touch, lambda _: write(store, [b"kept"])):
        blob = write(store, [b"kept"]).digest
        assert store.set_aside(blob, soon())
        keep(blob)
        store.discard(blob, time.time() - 100)
        assert b"".join(store.open(blob)) == b"kept"


def test_what_was_touched_before_it_is_set_aside_is_kept(store: SweptStore) -> None:
    blob = write(store, [b"kept"]).digest
    assert store.set_aside(blob, soon())
    store.discard(blob, time.time() - 100)
    assert b"".join(store.open(blob)) == b"kept"


def test_a_blob_that_is_being_read_is_read_to_its_end(store: SweptStore) -> None:
    data = os.urandom(2_000_000)
    blob = write(store, [data]).digest
    chunks = store.open(blob)
    first = next(chunks)
    store.set_aside(blob, soon())
    store.discard(blob, soon())
    assert first + b"".join(chunks) == data


def test_an_event_loop_writes_and_reads_in_threads(store: SweptStore) -> None:
    data = os.urandom(3 * WRITTEN_BYTES + 7)

    async def use() -> None:
        files = AsyncStore(store)
        writing = files.begin()
        for start in range(0, len(data), 100_000):
            await writing.write(data[start : start + 100_000])
        blob = await writing.finish()
        await writing.abandon()
        await files.touch(blob.digest)
        assert await files.size(blob.digest) == writing.size == len(data)
        assert b"".join([chunk async for chunk in await files.open(blob.digest, 5)]) == data[5:]
        with pytest.raises(BlobGone):
            await files.open(ABSENT)
        files.close()

    asyncio.run(use())


@pytest.mark.usefixtures("s3")
def test_a_store_that_cannot_be_used_gives_its_reason(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match=r"Not a directory|File exists"):
        write(store_at(str(tmp_path / "file"), durable=False), [b"x"])
    with pytest.raises(StoreError, match="not found"):
        write(store_at("s3://no-such-bucket", durable=False), [b"x"])
