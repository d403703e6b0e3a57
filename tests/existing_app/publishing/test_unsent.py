"""A worker of the app makes the messages that only the app can make."""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from celery import Celery
from redis import Redis

import celeriac
from celeriac.ledger.for_apps import Unsent
from celeriac.ledger.from_settings import ledger_of as ledger_from
from celeriac.ledger.ledger import Ledger
from celeriac.ledger.model.submission import Options, Submission
from celeriac.ledger.protocol.app_messages import wish
from celeriac.ledger.protocol.message import encoded_input
from celeriac.ledger.store import keys
from celeriac.ledger.store.epoch import Epoch
from celeriac.settings import Settings
from celeriac_worker.existing_app.publishing.unsent import SLOW_SECONDS, SlowCall, UnsentMessages, send
from celeriac_worker.existing_app.state import AppLedger
from lab.harness.waiting import wait_until
from tests.existing_app.publishing.shop import body_of, new_shop, taken
from tests.existing_app.publishing.test_publishing import record
from tests.support.connections import close_app


def accept(
    url: str, name: str, given: Any, *, queue: str | None = None, is_low: bool = False, **options: Any
) -> str:
    """Accept a task as the API does, and return its id."""
    waiting = wish(app="shop", task=name, queue=queue, is_low=is_low)
    task_id = str(uuid4())
    chosen = Options(list=waiting.list, **options).encode()
    content = encoded_input(json.dumps(given).encode())
    submission = Submission(task_id, name, queue or "celery", waiting.envelope, content, chosen, None)

    in_ledger(url, lambda ledger: ledger.accept(submission))
    return task_id


def in_ledger(url: str, step: Callable[[Ledger], Awaitable[Any]]) -> None:
    """Do what the API does."""

    async def do() -> None:
        ledger = ledger_from(Settings(redis_url=url), epoch=Epoch())
        await step(ledger)
        await ledger.close()

    asyncio.run(do())


def send_next(app: Celery) -> None:
    """What a worker's thread does again and again."""
    ledger: AppLedger = app.celeriac
    unsent = ledger.consumer.take_unsent("shop", seconds=1)
    assert unsent is not None
    send(ledger, unsent)


def test_until_a_worker_comes_the_task_is_queued_and_has_no_message(
    plugged: Celery, own_url: str, own_redis: Redis
) -> None:
    task_id = accept(own_url, "shop.overriding", {"x": 5})
    assert record(own_redis, task_id)["state"] == "queued"
    assert own_redis.llen("celery") == 0
    assert plugged.main == "shop"


def test_the_tasks_own_apply_async_makes_the_message(plugged: Celery, own_url: str, own_redis: Redis) -> None:
    task_id = accept(own_url, "shop.overriding", {"x": 5})
    send_next(plugged)
    message = taken(own_redis, "celery\x06\x163")  # its own choice, by argument
    assert (message["headers"]["id"], body_of(message)[:2]) == (task_id, [[], {"x": 5}])
    assert isinstance(message["stamp"], int)
    kept = record(own_redis, task_id)
    assert (kept["state"], kept["queue"], kept["list"]) == ("queued", "celery", "celery\x06\x163")
    assert own_redis.zcard("celeriac:tasks") == 1


def test_what_is_passed_by_position_is(plugged: Celery, own_url: str, own_redis: Redis) -> None:
    accept(own_url, "shop.many", {"values": [1, 2, 3]})
    send_next(plugged)
    assert body_of(taken(own_redis))[:2] == [[1, 2, 3], {}]


def test_objects_of_python_arrive_as_kombu_has_them(plugged: Celery, own_url: str) -> None:
    seen = []
    plugged.tasks["shop.overriding"].apply_async = lambda _, kwargs, **_options: seen.append(kwargs)
    form = {"__type__": "datetime", "__value__": "2026-05-01T12:00:00+00:00"}
    accept(own_url, "shop.overriding", {"x": form})
    send_next(plugged)
    assert seen == [{"x": datetime(2026, 5, 1, 12, tzinfo=UTC)}]


def test_what_the_submission_chose_is_chosen(plugged: Celery, own_url: str, own_redis: Redis) -> None:
    task_id = accept(own_url, "shop.add", {}, queue="fast", is_low=True, start_within=timedelta(minutes=5))
    send_next(plugged)
    message = taken(own_redis, "fast\x06\x169")
    expires = datetime.fromisoformat(message["headers"]["expires"])
    assert expires.timestamp() == pytest.approx(datetime.now(UTC).timestamp() + 300, abs=60)
    assert record(own_redis, task_id)["queue"] == "fast"


@pytest.mark.parametrize(
    ("given", "error"),
    [({"nobody": 1}, "TypeError"), ({"x": {"__type__": "unknown", "__value__": 1}}, "ValueError")],
)
def test_a_task_that_cannot_be_sent_fails_with_the_reason(
    plugged: Celery, own_url: str, own_redis: Redis, given: Any, error: str
) -> None:
    task_id = accept(own_url, "shop.add", given)
    send_next(plugged)
    kept = record(own_redis, task_id)
    assert kept["state"] == "failed"
    assert json.loads(kept["error"])["type"] == error
    assert plugged.AsyncResult(task_id).state == "FAILURE"
    assert own_redis.llen("celeriac:unsent:shop") == 0


def test_a_task_whose_apply_async_sends_nothing_fails(own_url: str, own_redis: Redis) -> None:
    app = new_shop(own_url, task_always_eager=True)
    celeriac.install(app)
    task_id = accept(own_url, "shop.add", {})
    send_next(app)
    assert "has sent no message with the id of the task" in record(own_redis, task_id)["error"]
    close_app(app)


def test_a_task_that_was_cancelled_meanwhile_is_not_sent(
    plugged: Celery, own_url: str, own_redis: Redis
) -> None:
    task_id = accept(own_url, "shop.add", {})
    in_ledger(own_url, lambda ledger: ledger.cancel(task_id, owner=None, terminate=False))
    assert record(own_redis, task_id)["state"] == "cancelled"
    send_next(plugged)
    assert own_redis.llen("celery") == 0


def test_what_nobody_can_read_in_the_list_stops_no_other_message(
    plugged: Celery, own_url: str, own_redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    own_redis.rpush(keys.unsent("shop"), "{", '{"id": 1}', "[]")
    worker = SimpleNamespace(app=plugged)
    maker = UnsentMessages(worker)
    maker.start(worker)
    try:
        accept(own_url, "shop.add", {})
        wait_until(lambda: own_redis.llen("celery") == 1, what="the message")
    finally:
        maker.stop(worker)
    assert "cannot be read" in caplog.text


def test_a_call_that_does_not_return_is_named_once(caplog: pytest.LogCaptureFixture) -> None:
    unsent = Unsent(task_id="a", name="shop.add", input=b"{}", expires=None, headers={})
    call, now = SlowCall(), time.monotonic()
    with caplog.at_level(logging.WARNING), call.of(unsent):
        call.look(now)
        assert not caplog.records
        for _ in range(2):
            call.look(now + SLOW_SECONDS + 1)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "task a: shop.add.apply_async() has not returned" in caplog.text
