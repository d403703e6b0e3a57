"""A task reads large files of its input, and keeps those of its result."""

import asyncio
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from redis import Redis

from celeriac.contract.catalog import load_implementations
from celeriac.files.store.directory import DirectoryStore
from celeriac.files.store.store import Blob, write
from celeriac.ledger.model.submission import Options
from celeriac.ledger.store import keys
from celeriac.settings import Settings
from celeriac_api.definitions.prepared import PreparedDefinition
from lab.harness.servers import running_api, running_worker
from tests.files.named import ledger, naming
from tests.support.door import Document, ended, run, submit_with

TASKS = "tests.tasks"
DATA = os.urandom(200_000)


@dataclass
class Stack:
    """An API and a worker with a directory of files."""

    client: httpx.Client
    store: DirectoryStore
    redis: Redis
    url: str

    def submit(self, name: str, files: list[Blob], **values: Any) -> Document:
        """As the API accepts a task whose input names these blobs; its document at the end."""
        implementation = load_implementations(TASKS)[name]
        prepared = PreparedDefinition(implementation.definition, implementation.input_model, Settings())
        submission = prepared.submission(
            str(uuid4()), json.dumps(values).encode(), Options(files=tuple(files))
        )

        async def accept() -> None:
            one = ledger(self.url)
            await one.accept(submission)
            await one.close()

        asyncio.run(accept())
        return ended(
            self.client, {"task_id": submission.task_id, "links": {"self": f"/tasks/{submission.task_id}"}}
        )

    def result(self, task: Document) -> Any:
        """The result as Redis has it."""
        return json.loads(self.redis.get(keys.result(task["task_id"])) or b"null")["result"]


@pytest.fixture(scope="module")
def stack(new_database: Any, directory: Path) -> Iterator[Stack]:
    """A stack whose small files have at most 1,000 bytes."""
    url = new_database()
    settings: dict[str, Any] = {
        "redis_url": url,
        "files": directory / "kept",
        "inline_bytes": 1_000,
        "max_file_bytes": 3_000_000,
        "tasks": TASKS,
    }
    with (
        running_worker(directory, **settings),
        running_api(directory, **settings) as api,
        api.client() as client,
        Redis.from_url(url) as redis,
    ):
        yield Stack(client, DirectoryStore(directory / "kept", durable=False), redis, url)


def form(blob: Blob) -> dict[str, Any]:
    """As an input has it."""
    return {"$blob": blob.digest, "size": blob.size, "name": "data.bin", "content_type": None}


@pytest.mark.parametrize("name", ["file_size", "file_size_in_loop"])
def test_a_task_reads_a_large_file_of_its_input(stack: Stack, name: str) -> None:
    blob = write(stack.store, [DATA])
    task = stack.submit(name, [blob], file=form(blob))
    assert (task["state"], task["result"]) == ("succeeded", len(DATA))


def test_a_large_file_of_a_result_is_in_the_store_and_named(stack: Stack, tmp_path: Path) -> None:
    task = run(stack.client, "zeros", size=2_500_000, directory=str(tmp_path))
    kept = stack.result(task)
    blob = Blob(kept["$blob"], kept["size"])
    assert (kept["size"], kept["name"]) == (2_500_000, "zeros-2500000.bin")
    assert b"".join(stack.store.open(blob.digest)) == bytes(2_500_000)
    assert naming(stack.redis, blob) == {task["task_id"]}
    small = stack.result(run(stack.client, "zeros", size=3, directory=str(tmp_path)))
    assert small["data"] == "AAAA"


def test_a_large_file_of_a_loop_is_in_the_store_and_named(stack: Stack) -> None:
    task = run(stack.client, "zeros_in_loop", size=5_000)
    blob = Blob(stack.result(task)["$blob"], 5_000)
    assert b"".join(stack.store.open(blob.digest)) == bytes(5_000)
    assert naming(stack.redis, blob) == {task["task_id"]}


def test_a_file_that_goes_through_is_named_by_both(stack: Stack) -> None:
    blob = write(stack.store, [DATA[::-1]])
    first = stack.submit("file_again", [blob], file=form(blob))
    assert stack.result(first) == form(blob) | {"content_type": "application/octet-stream"}
    second = submit_with(
        stack.client,
        "/tasks",
        after=[first["task_id"]],
        name="file_size",
        input={"file": {"$result": first["task_id"]}},
    )
    assert ended(stack.client, second)["result"] == len(DATA)
    again = stack.client.post(f"/tasks/{first['task_id']}/retry")
    assert again.status_code == 202, again.text
    task = ended(stack.client, again.json())
    assert task["state"] == "succeeded"
    assert naming(stack.redis, blob) == {first["task_id"], task["task_id"]}


def test_a_file_that_is_gone_or_too_large_fails_the_task_with_a_sentence(
    stack: Stack, tmp_path: Path
) -> None:
    absent = Blob("0" * 64, 5_000)
    task = stack.submit("file_size", [absent], file=form(absent))
    assert task["state"] == "failed"
    assert "is gone: it is not in the store" in task["error"]["message"]
    large = run(stack.client, "zeros", size=3_000_001, directory=str(tmp_path))
    assert "more than CELERIAC_MAX_FILE_BYTES (3,000,000)" in large["error"]["message"]


def test_nobody_reads_a_file_by_its_hash(stack: Stack) -> None:
    blob = write(stack.store, [b"secret" * 1_000])
    stack.submit("file_size", [blob], file=form(blob))
    refused = stack.client.post("/file_size", json={"file": form(blob)})
    assert refused.status_code == 422
    forged = run(stack.client, "as_it_is", value=form(blob))
    thief = submit_with(
        stack.client,
        "/tasks",
        after=[forged["task_id"]],
        name="file_again",
        input={"file": {"$result": forged["task_id"]}},
    )
    task = ended(stack.client, thief)
    assert task["state"] == "failed"
    assert "should be a file of this task" in task["error"]["message"]
