"""Makes the store that a setting names."""

from pathlib import Path

from celeriac.files.store.directory import DirectoryStore
from celeriac.files.store.store import SweptStore

S3 = "s3://"


class StoreMissing(Exception):
    """The store needs a package that is not installed. The text contains what to do."""


def store_at(place: str, *, durable: bool) -> SweptStore:
    """The store in this directory or at `s3://bucket/prefix`; nothing is written yet.

    With `durable`, a blob is on the disk before anything names it.
    """
    if not place.startswith(S3):
        return DirectoryStore(Path(place), durable=durable)
    try:
        from celeriac.files.store.s3 import ObjectStore  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as missing:
        raise StoreMissing(
            f'Files are kept in {S3}, but {missing.name} is not installed: pip install "celeriac[s3]".'
        ) from missing
    bucket, _, prefix = place.removeprefix(S3).partition("/")
    return ObjectStore(bucket, prefix.strip("/"))
