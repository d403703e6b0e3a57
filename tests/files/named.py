"""Tasks that name blobs, straight in the ledger."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

from redis import Redis

from celeriac.files.store.store import Blob
from celeriac.ledger.ledger import Ledger
from celeriac.ledger.model.submission import Options, Submission
from celeriac.ledger.model.submitter import Submitter
from celeriac.ledger.store import keys
from lab.bench.stores import store

TTL = timedelta(minutes=1)


def ledger(url: str) -> Ledger:
    """An API's side of the ledger."""
    return Ledger(backend=url, broker=url, result_ttl=TTL, tombstone_ttl=TTL)


def submission(
    blobs: Sequence[Blob], *, owner: str = "", most_bytes: int | None = None, **options: object
) -> Submission:
    """A new task whose input names these blobs."""
    encoded = Options(files=tuple(blobs), most_file_bytes=most_bytes, **options).encode()  # type: ignore[arg-type]  # those of a test
    submitter = Submitter(owner, owner) if owner else None
    return Submission(str(uuid4()), "add", store.QUEUE, store.ENVELOPE, store.INPUT, encoded, submitter)


def naming(redis: Redis, blob: Blob) -> set[str]:
    """The ids of the tasks that name this blob."""
    names = redis.hkeys(keys.blob(blob.digest))
    return {task_id.decode() for task_id in names if isinstance(task_id, bytes)}
