"""What a loop process makes of messages that are none of ours, or invalid."""

from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest
from celery import Celery
from celery.result import AsyncResult
from redis import Redis

from lab.harness.waiting import wait_until
from tests.support.door import Document, cancel, document, ended, in_state, run, shown, submit, submit_with

pytestmark = pytest.mark.usefixtures("loop")


@pytest.fixture(scope="module")
def loop_redis(loop_url: str) -> Iterator[Redis]:
    """The database of the loop."""
    with Redis.from_url(loop_url) as client:
        yield client


def rejected(client: httpx.Client) -> list[Document]:
    """The rejected messages of the queue."""
    items: list[Document] = document(client.get("/queues/async/rejected"))["items"]
    return items


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"no JSON", "JSONDecodeError"),
        (b'{"body": 5}', "it is not a Celery message"),
        (b"[" * 200 + b"]" * 200, "it is not a Celery message"),
    ],
)
def test_an_invalid_message_is_rejected(
    loop_client: httpx.Client, loop_redis: Redis, message: bytes, reason: str
) -> None:
    before = len(rejected(loop_client))
    loop_redis.lpush("async", message)
    wait_until(lambda: len(rejected(loop_client)) > before)
    assert reason in rejected(loop_client)[0]["reason"]
    assert run(loop_client, "add", x=1, y=1)["result"] == 2


def test_an_id_with_half_a_character_is_rejected(
    loop_client: httpx.Client, loop_redis: Redis, stock: Celery
) -> None:
    before = len(rejected(loop_client))
    stock.send_task("add", (1, 2), task_id="half", queue="elsewhere")
    message = loop_redis.rpop("elsewhere")
    assert isinstance(message, bytes)
    loop_redis.lpush("async", message.replace(b'"half"', b'"\\ud800"'))
    wait_until(lambda: len(rejected(loop_client)) > before)
    assert "surrogates not allowed" in rejected(loop_client)[0]["reason"]


def test_stock_celery_reads_results_and_errors(loop_client: httpx.Client, stock: Celery) -> None:
    task = run(loop_client, "spell", text='größer "3"')
    assert AsyncResult(task["task_id"], app=stock).get(timeout=10) == 'größer "3"'
    for kind, error in (("ValueError", ValueError), ("SystemExit", Exception)):
        failed = AsyncResult(run(loop_client, "fail", kind=kind)["task_id"], app=stock)
        assert failed.state == "FAILURE"
        assert isinstance(failed.result, error)
    late = AsyncResult(run(loop_client, "be_late", how="raises")["task_id"], app=stock)
    assert type(late.result).__name__ == "SoftTimeLimitExceeded"


def test_a_task_of_stock_celery_runs(stock: Celery) -> None:
    assert stock.send_task("add", args=(1,), kwargs={"y": 2}).get(timeout=20) == 3
    assert stock.send_task("add", (1, 2), countdown=0.5).get(timeout=20) == 3
    wrong = stock.send_task("add", ("one", 2))
    with pytest.raises(Exception, match="valid integer"):
        wrong.get(timeout=20)


def test_a_task_of_stock_celery_that_comes_twice_gives_its_slots_back(
    loop_client: httpx.Client, stock: Celery
) -> None:
    for _ in range(100):
        stock.send_task("rest", (1.0,), task_id="twice")
    tasks = [in_state(loop_client, submit(loop_client, "ask_often"), "running") for _ in range(2)]
    for task in tasks:
        cancel(loop_client, task)
        ended(loop_client, task)


def test_a_task_of_stock_celery_with_a_callback_is_rejected(loop_client: httpx.Client, stock: Celery) -> None:
    before = len(rejected(loop_client))
    stock.send_task("add", (1, 2), link=stock.signature("add", (1,)))
    wait_until(lambda: len(rejected(loop_client)) > before)
    assert "callbacks" in rejected(loop_client)[0]["reason"]


def test_an_unknown_task_fails(loop_client: httpx.Client, loop_redis: Redis) -> None:
    loop_client.post("/queues/async/pause").raise_for_status()
    task = submit(loop_client, "add", x=1, y=1)
    (held,) = loop_redis.lrange("celeriac:held:async", 0, -1)
    assert isinstance(held, bytes)
    loop_redis.lset("celeriac:held:async", 0, held.decode().replace('"task": "add"', '"task": "gone"'))
    loop_client.post("/queues/async/resume").raise_for_status()
    failed = ended(loop_client, task)
    assert failed["error"]["type"] == "NotRegistered"
    assert "this worker does not know the task 'gone'" in failed["error"]["message"]


def test_a_paused_queue_is_left_alone(loop_client: httpx.Client) -> None:
    loop_client.post("/queues/async/pause").raise_for_status()
    task = submit(loop_client, "add", x=1, y=1)
    assert shown(loop_client, task)["state"] == "queued"
    loop_client.post("/queues/async/resume").raise_for_status()
    assert ended(loop_client, task)["result"] == 2


def test_scheduled_expired_and_repeated_submissions(loop_client: httpx.Client) -> None:
    later = submit_with(loop_client, "/add?delay=0.5", x=1, y=1)
    assert later["state"] == "scheduled"
    assert ended(loop_client, later)["result"] == 2
    key = {"Idempotency-Key": str(uuid4())}
    first, again = (loop_client.post("/add", json={"x": 1, "y": 5}, headers=key).json() for _ in range(2))
    assert first["task_id"] == again["task_id"]
    assert ended(loop_client, first)["result"] == 6


def test_what_is_urgent_goes_first(loop_client: httpx.Client) -> None:
    loop_client.post("/queues/async/pause").raise_for_status()
    tasks = [
        submit_with(loop_client, f"/add?priority={priority}", x=1, y=1)
        for priority in ("low", "normal", "high")
    ]
    loop_client.post("/queues/async/resume").raise_for_status()
    started = [ended(loop_client, task)["started_at"] for task in tasks]
    assert started == sorted(started, reverse=True)
