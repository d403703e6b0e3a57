"""A store of each kind; S3 is moto's server."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import httpx
from moto.server import ThreadedMotoServer

from celeriac.files.store.directory import DirectoryStore
from celeriac.files.store.s3 import ObjectStore
from celeriac.stack.processes.ports import free_port

BUCKET = "files"


@contextmanager
def directory(root: Path) -> Iterator[DirectoryStore]:
    """A store in this directory."""
    yield DirectoryStore(root / "files", durable=True)


@contextmanager
def s3() -> Iterator[dict[str, str]]:
    """A server with an empty bucket; the environment that leads to it."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", free_port())
    server.start()
    variables = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server._port}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
    }
    try:
        with patch.dict(os.environ, variables):
            httpx.put(f"{variables['AWS_ENDPOINT_URL']}/{BUCKET}").raise_for_status()
            yield variables
    finally:
        server.stop()


def bucket(prefix: str) -> ObjectStore:
    """A store in the bucket, under this prefix."""
    return ObjectStore(BUCKET, prefix)
