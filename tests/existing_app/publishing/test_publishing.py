"""A publish of an app with a ledger is recorded, and is that of stock."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import Celery, chain, chord, group
from kombu import Connection
from kombu.exceptions import OperationalError
from redis import Redis
from redis.connection import Connection as RedisConnection
from redis.exceptions import ConnectionError as RedisConnectionError

import celeriac
from celeriac.stack.valkey import Valkey
from tests.existing_app.publishing.shop import new_shop, taken
from tests.support.connections import close_app

ID = "00000000-0000-4000-8000-000000000001"


@pytest.fixture
def stock(new_database: Any) -> Iterator[Celery]:
    """The same without, and on another database."""
    app = new_shop(new_database())
    yield app
    close_app(app)


def record(redis: Redis, task_id: str) -> dict[str, str]:
    fields: Any = redis.hgetall(f"celeriac:task:{task_id}")
    return {name.decode(): value.decode() for name, value in fields.items()}


def from_stock(app: Celery, name: str) -> dict[str, Any]:
    with Redis.from_url(app.conf.broker_url) as redis:
        return taken(redis, name)


SAME = [
    ("shop.add", {"args": (1, 2)}, "celery"),
    ("shop.fast.add", {"kwargs": {"x": 1}}, "fast"),
    ("shop.urgent", {}, "fast\x06\x169"),
    ("shop.low", {}, "celery\x06\x163"),
    ("shop.add", {"priority": 4}, "celery\x06\x163"),
    ("shop.timed", {}, "celery"),
    ("shop.silent", {}, "celery"),
    ("shop.100%_of %s", {}, "celery"),
    ("shop.many", {"args": (1, 2, 3)}, "celery"),
    ("shop.overriding", {"kwargs": {"x": 2}}, "celery\x06\x163"),
    ("shop.pickled", {"args": (1,)}, "celery"),
    ("shop.add", {"compression": "zlib"}, "celery"),
    ("shop.add", {"headers": {"tenant": "ä"}, "shadow": "other", "time_limit": 4}, "celery"),
    ("shop.add", {"queue": "fast"}, "fast"),
    ("shop.add", {"queue": "topic", "routing_key": "shop.add"}, "topic"),
]


@pytest.mark.parametrize(("name", "options", "list_name"), SAME)
def test_a_message_is_byte_for_byte_that_of_stock(
    plugged: Celery, stock: Celery, own_redis: Redis, name: str, options: dict[str, Any], list_name: str
) -> None:
    for app in (plugged, stock):
        with app.connection_for_write() as connection:
            app.amqp.queues["topic"](connection.default_channel).declare()
        app.tasks[name].apply_async(task_id=ID, reply_to=ID, **options)
    message, expected = taken(own_redis, list_name), from_stock(stock, list_name)
    assert isinstance(message.pop("stamp"), int)
    expected["properties"]["delivery_tag"] = ID
    assert json.dumps(message) == json.dumps(expected)
    kept = record(own_redis, ID)
    assert (kept["name"], kept["state"], kept["list"]) == (name, "queued", list_name)
    assert kept["queue"] == list_name.partition("\x06")[0]


def test_a_task_with_a_countdown_is_scheduled_and_in_no_list(plugged: Celery, own_redis: Redis) -> None:
    plugged.tasks["shop.add"].apply_async(task_id=ID, countdown=60, expires=90)
    assert own_redis.llen("celery") == 0
    kept = record(own_redis, ID)
    assert kept["state"] == "scheduled"
    now = datetime.now(UTC).timestamp()
    assert float(kept["due_at"]) / 1e6 == pytest.approx(now + 60, abs=30)
    assert float(kept["start_by"]) / 1e6 == pytest.approx(now + 90, abs=30)


@pytest.mark.parametrize("naive", [True, False])
def test_an_eta_is_taken_as_a_worker_takes_it(plugged: Celery, own_redis: Redis, naive: bool) -> None:  # noqa: FBT001
    eta = datetime.now(UTC) + timedelta(hours=1)
    plugged.tasks["shop.add"].apply_async(task_id=ID, eta=eta.replace(tzinfo=None) if naive else eta)
    assert float(record(own_redis, ID)["due_at"]) / 1e6 == pytest.approx(eta.timestamp(), abs=30)


def test_an_eta_in_the_past_is_queued_at_once(plugged: Celery, own_redis: Redis) -> None:
    plugged.tasks["shop.add"].apply_async(task_id=ID, eta=datetime.now(UTC) - timedelta(hours=1))
    assert record(own_redis, ID)["state"] == "queued"
    assert own_redis.llen("celery") == 1


def test_every_member_of_a_canvas_has_a_record_with_its_root(plugged: Celery, own_redis: Redis) -> None:
    add = plugged.tasks["shop.add"]
    header = group(add.s(1, 1), add.s(2, 2))
    results = [header.apply_async(), chain(add.s(1, 1), add.s(2)).apply_async()]
    chord(header, add.si(5, 5)).apply_async()
    ids = [result.id for result in results[0].results] + [results[1].parent.id]
    for task_id in ids:
        kept = record(own_redis, task_id)
        assert (kept["state"], kept["root_id"]) == ("queued", task_id)
    assert own_redis.zcard("celeriac:tasks") == own_redis.llen("celery") == 5


def test_a_name_without_a_task_is_recorded_too(own_url: str, own_redis: Redis) -> None:
    sender = Celery("elsewhere", broker=own_url, set_as_current=False)
    celeriac.install(sender)
    sender.send_task("shop.unknown_here", args=(1,), task_id=ID)
    assert record(own_redis, ID)["name"] == "shop.unknown_here"
    close_app(sender)


def test_producers_and_connections_of_the_users_own_are_recorded(
    plugged: Celery, own_url: str, own_redis: Redis
) -> None:
    add = plugged.tasks["shop.add"]
    with plugged.producer_pool.acquire(block=True) as producer:
        one = add.apply_async((1, 1), producer=producer)
    with Connection(own_url) as connection:
        other = add.apply_async((2, 2), connection=connection)
    assert {record(own_redis, result.id)["state"] for result in (one, other)} == {"queued"}


def test_a_batch_of_a_producer_is_accepted_at_once(plugged: Celery, own_redis: Redis) -> None:
    with plugged.producer_pool.acquire(block=True) as producer:
        if not hasattr(producer, "batch"):
            pytest.skip("this kombu has no batches")
        with producer.batch():
            result = plugged.tasks["shop.add"].apply_async((1, 1), producer=producer)
            assert record(own_redis, result.id)["state"] == "queued"
    assert own_redis.llen("celery") == 1


def test_a_connection_to_another_redis_publishes_as_without_a_ledger(
    plugged: Celery, stock: Celery, own_redis: Redis
) -> None:
    with Connection(stock.conf.broker_url) as connection:
        plugged.tasks["shop.add"].apply_async(task_id=ID, connection=connection)
    assert "stamp" not in from_stock(stock, "celery")
    assert own_redis.zcard("celeriac:tasks") == 0


def test_an_app_without_a_ledger_publishes_as_before(plugged: Celery, stock: Celery) -> None:
    plugged.tasks["shop.add"].delay()
    stock.tasks["shop.add"].delay()
    assert "stamp" not in from_stock(stock, "celery")


def test_events_and_broadcasts_leave_no_record(own_url: str, own_redis: Redis) -> None:
    app = new_shop(own_url, task_send_sent_event=True)
    celeriac.install(app)
    app.tasks["shop.add"].delay()
    app.control.purge()
    app.control.broadcast("ping")
    assert own_redis.zcard("celeriac:tasks") == 1
    close_app(app)


def test_protocol_1_is_published_as_without_a_ledger(own_url: str, own_redis: Redis) -> None:
    app = new_shop(own_url, task_protocol=1)
    celeriac.install(app)
    app.tasks["shop.add"].delay()
    assert "stamp" not in taken(own_redis)
    close_app(app)


def test_a_prefix_stands_before_the_list_and_not_before_the_queue(own_url: str, own_redis: Redis) -> None:
    app = new_shop(
        own_url, broker_transport_options={"global_keyprefix": "shop:", "sep": "-", "priority_steps": [0, 5]}
    )
    celeriac.install(app)
    app.tasks["shop.add"].apply_async(task_id=ID, priority=7)
    kept = record(own_redis, ID)
    assert (kept["queue"], kept["list"]) == ("celery", "shop:celery-5")
    assert taken(own_redis, "shop:celery-5")["headers"]["id"] == ID
    close_app(app)


def test_records_and_queues_may_be_in_two_databases(
    own_url: str, new_database: Any, own_redis: Redis
) -> None:
    results = new_database()
    app = new_shop(own_url, backend=results)
    celeriac.install(app)
    app.tasks["shop.add"].apply_async(task_id=ID)
    assert taken(own_redis)["headers"]["id"] == ID
    assert own_redis.exists(f"celeriac:task:{ID}") == 0
    with Redis.from_url(results) as ledger:
        assert record(ledger, ID)["state"] == "queued"
    close_app(app)


def test_what_was_sent_again_after_a_lost_reply_is_one_task(
    plugged: Celery, own_redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, answers = RedisConnection.read_response, []

    def lose_first(connection: Any, *args: Any, **options: Any) -> Any:
        answer = read(connection, *args, **options)
        if answer in ([b"new"], [b"replayed"]):
            answers.append(answer)
            if len(answers) == 1:
                connection.disconnect()
                raise RedisConnectionError("the reply is lost")
        return answer

    monkeypatch.setattr(RedisConnection, "read_response", lose_first)
    plugged.tasks["shop.add"].apply_async(task_id=ID, retry=True, retry_policy={"interval_start": 0})
    assert answers == [[b"new"], [b"replayed"]]
    assert own_redis.llen("celery") == 1


def test_the_same_id_published_twice_runs_twice(plugged: Celery, own_redis: Redis) -> None:
    for _ in range(2):
        plugged.tasks["shop.add"].apply_async(task_id=ID)
    assert own_redis.llen("celery") == 1
    assert own_redis.llen(f"celeriac:following:{ID}") == 1


def test_a_retry_is_no_child_of_its_own_run(plugged: Celery, own_redis: Redis) -> None:
    plugged.tasks["shop.add"].apply_async(task_id=ID, parent_id=ID)
    assert "parent_id" not in record(own_redis, ID)


@pytest.mark.parametrize("is_plugged", [True, False])
def test_without_redis_the_error_is_that_of_stock(is_plugged: bool) -> None:  # noqa: FBT001 - a case
    app = new_shop("redis://127.0.0.1:1/0", task_publish_retry_policy={"max_retries": 1, "interval_start": 0})
    if is_plugged:
        celeriac.install(app)
    with pytest.raises(OperationalError, match=r"Error 111 connecting to 127\.0\.0\.1:1"):
        app.tasks["shop.silent"].delay()


def test_redis_that_goes_away_is_the_same_error_as_in_stock(tmp_path: Path) -> None:
    policy = {"max_retries": 1, "interval_start": 0}
    with Valkey(tmp_path / "valkey") as server:
        apps = [new_shop(server.url, task_publish_retry_policy=policy) for _ in range(2)]
        celeriac.install(apps[0])
        for app in apps:
            app.tasks["shop.silent"].delay()
    errors = []
    for app in apps:
        with pytest.raises(OperationalError) as caught:
            app.tasks["shop.silent"].delay()
        errors.append((type(caught.value), type(caught.value.__cause__)))
        close_app(app)
    assert errors[0] == errors[1]
