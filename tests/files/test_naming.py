"""The ledger knows which tasks name which large files, and what each owner has."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from redis import Redis

from celeriac.files.store.store import Blob
from celeriac.ledger.for_workers import Claim, Consumer, Granted
from celeriac.ledger.keeping.keeper import Keeper
from celeriac.ledger.ledger import Forgetting, Ledger
from celeriac.ledger.model.states import State
from celeriac.ledger.model.submission import NoFileSpace, Submission
from celeriac.ledger.store import keys
from celeriac.ledger.tables.files import FileTable, FileUse
from celeriac.settings import Settings
from lab.harness.servers import running_api
from lab.harness.waiting import wait_until
from tests.files.named import ledger, naming, submission
from tests.http.access.keys import bearer, stored_key
from tests.support.suite.expiry import keys_without_reason

ONE, TWO, THREE = (Blob(digit * 64, size) for digit, size in (("1", 100), ("2", 200), ("3", 3_000_000_000)))


def run(url: str, act: Callable[[Ledger], Awaitable[None]]) -> None:
    """Do this with a ledger."""

    async def go() -> None:
        one = ledger(url)
        await act(one)
        await one.close()

    asyncio.run(go())


def used(url: str, owner: str) -> FileUse:
    """What an owner has."""

    async def ask() -> FileUse:
        table = FileTable(url)
        use = await table.used_by(owner)
        await table.close()
        return use

    return asyncio.run(ask())


@pytest.fixture
def consumer(own_url: str) -> Consumer:
    """A worker's side of the ledger."""
    return Consumer(Settings(redis_url=own_url))


def end(consumer: Consumer, task: Submission, *files: Blob) -> None:
    """Run a task that returns these files."""
    claim = Claim(task.task_id, uuid4().hex, "ada", b"{}")
    assert consumer.claim(claim) == Granted(attempt=1)
    assert consumer.end(
        task.task_id, token=claim.token, state=State.SUCCEEDED, failure=None, document=b"{}", files=files
    )


def test_a_blob_is_named_by_the_tasks_that_have_it_in_their_input_or_result(
    own_url: str, own_redis: Redis, consumer: Consumer
) -> None:
    first, second, third = (
        submission([ONE, TWO, ONE], owner="ada"),
        submission([ONE], owner="ada"),
        submission([]),
    )

    async def accept(one: Ledger) -> None:
        for task in (first, second, third):
            await one.accept(task)

    run(own_url, accept)
    assert naming(own_redis, ONE) == {first.task_id, second.task_id}
    assert naming(own_redis, TWO) == {first.task_id}
    assert used(own_url, "ada") == FileUse(2, 300)
    end(consumer, second, ONE, THREE)
    assert naming(own_redis, THREE) == {second.task_id}
    assert used(own_url, "ada") == FileUse(3, 3_000_000_300)
    assert own_redis.hget(keys.record(second.task_id), "files") == f"{ONE.digest},{THREE.digest}".encode()
    end(consumer, third, TWO)
    assert naming(own_redis, TWO) == {first.task_id, third.task_id}
    assert used(own_url, "ada") == FileUse(3, 3_000_000_300)


def test_a_task_that_is_forgotten_names_nothing_any_more(
    own_url: str, own_redis: Redis, consumer: Consumer
) -> None:
    first, second, third = (submission([ONE, TWO], owner="ada") for _ in range(3))

    async def accept(one: Ledger) -> None:
        for task in (first, second, third):
            await one.accept(task)

    async def forget(one: Ledger) -> None:
        assert await one.forget(first.task_id, owner="ada") is Forgetting.FORGOTTEN

    run(own_url, accept)
    for task in (first, second, third):
        end(consumer, task, THREE)
    run(own_url, forget)
    assert naming(own_redis, ONE) == naming(own_redis, THREE) == {second.task_id, third.task_id}
    # The keeper forgets what is old.
    own_redis.zadd(keys.ended(), {second.task_id: 1, third.task_id: 1})

    async def keep() -> None:
        keeper = Keeper(Settings(redis_url=own_url))
        await keeper.go_round(sweep=False)
        await keeper.close()

    asyncio.run(keep())
    assert not own_redis.keys("celeriac:blob:*")
    assert used(own_url, "ada") == FileUse(0, 0)
    assert not own_redis.exists(keys.files("ada"))
    assert keys_without_reason(own_redis) == set()


def test_a_task_with_files_for_which_its_owner_has_no_room_is_not_accepted(
    own_url: str,
) -> None:
    async def accept(one: Ledger) -> None:
        await one.accept(submission([ONE], owner="ada", most_bytes=300))
        with pytest.raises(NoFileSpace, match="250"):
            await one.accept(submission([TWO], owner="ada", most_bytes=250))
        await one.accept(submission([ONE], owner="ada", most_bytes=150))  # it is there already
        await one.accept(submission([TWO, TWO, ONE], owner="ada", most_bytes=300))
        await one.accept(submission([TWO], owner="bob", most_bytes=250))
        await one.accept(submission([THREE]))

    run(own_url, accept)
    assert (used(own_url, "ada"), used(own_url, "bob")) == (FileUse(2, 300), FileUse(1, 200))


def test_what_is_refused_where_it_is_written_leaves_no_name(own_url: str, own_redis: Redis) -> None:
    own_redis.set(keys.blob(TWO.digest), "not ours")

    async def accept(one: Ledger) -> None:
        with pytest.raises(Exception, match="WRONGTYPE"):
            await one.accept(submission([ONE, TWO], owner="ada"))

    run(own_url, accept)
    assert not own_redis.exists(keys.blob(ONE.digest))
    assert used(own_url, "ada") == FileUse(0, 0)


def test_a_task_without_files_says_nothing_of_files(
    own_url: str, own_redis: Redis, consumer: Consumer
) -> None:
    task = submission([])

    async def accept(one: Ledger) -> None:
        await one.accept(task)

    run(own_url, accept)
    end(consumer, task)
    assert not {b"files", b"linked"} & own_redis.hgetall(keys.record(task.task_id)).keys()


def test_records_that_others_deleted_name_nothing(own_url: str, own_redis: Redis) -> None:
    tasks = [submission([ONE], owner="ada") for _ in range(3)]

    async def accept(one: Ledger) -> None:
        for task in tasks:
            await one.accept(task)

    async def unnamed() -> set[str]:
        table = FileTable(own_url)
        found = await table.unnamed([ONE.digest, TWO.digest])
        await table.close()
        return found

    run(own_url, accept)
    own_redis.delete(*(keys.record(task.task_id) for task in tasks[:2]))
    assert asyncio.run(unnamed()) == {TWO.digest}
    own_redis.delete(keys.record(tasks[2].task_id))
    assert asyncio.run(unnamed()) == {ONE.digest, TWO.digest}
    assert not own_redis.exists(keys.blob(ONE.digest), keys.files("ada"))


@pytest.fixture
def client(own_url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    """An API with a limit."""
    with (
        running_api(tmp_path, redis_url=own_url, max_file_bytes_per_owner=1_000) as api,
        api.client() as client,
    ):
        yield client


def test_a_caller_sees_how_much_its_owner_has(client: httpx.Client, own_url: str) -> None:
    async def accept(one: Ledger) -> None:
        await one.accept(submission([ONE, TWO], owner="ada"))

    assert client.get("/me").json()["files"] is None
    key = bearer(stored_key(own_url, "ada", "read"))
    run(own_url, accept)
    files = wait_until(lambda: client.get("/me", headers=key).json()["files"])
    assert files == {"count": 2, "bytes": 300, "most_bytes": 1_000}
