"""The API writes for an existing app the message that Celery itself writes."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery, signals
from redis import Redis

from celeriac.ledger.protocol.message import encoded_input
from celeriac_worker.existing_app.install import install
from celeriac_worker.existing_app.publishing.independence import dependence
from celeriac_worker.existing_app.publishing.recording import place_of, recorded, template_of
from tests.existing_app.publishing.shop import body_of, new_shop, taken
from tests.support.connections import close_app

ID = "00000000-0000-4000-8000-000000000001"
RECORDED = [
    "shop.add",
    "shop.fast.add",
    "shop.urgent",
    "shop.timed",
    "shop.silent",
    "shop.low",
    "shop.late",
    "shop.100%_of %s",
]
NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def shop(own_url: str) -> Iterator[Celery]:
    """Without a ledger."""
    app = new_shop(own_url)
    yield app
    close_app(app)


@pytest.fixture
def receiver() -> Iterator[None]:
    """A receiver that adds a header to each message."""

    def add_header(headers: dict[str, Any], **_: Any) -> None:
        headers["tenant"] = "acme"

    signals.before_task_publish.connect(add_header)
    yield
    signals.before_task_publish.disconnect(add_header)


@pytest.mark.parametrize("name", RECORDED)
def test_a_filled_template_is_the_message_that_celery_publishes(
    shop: Celery, own_redis: Redis, name: str
) -> None:
    template, place = template_of(shop, shop.tasks[name]), place_of(shop, shop.tasks[name])
    assert template is not None
    shop.tasks[name].apply_async(kwargs={"x": 5}, task_id=ID)
    published = taken(own_redis, place.list or place.queue)
    filled = json.loads(
        template % ("17", encoded_input(b'{"x": 5}').decode(), ID, "null", ID, "", ID, ID, ID)
    )
    assert filled.pop("stamp") == 17
    assert body_of(filled) == body_of(published)
    assert list(filled) == list(published)
    published |= {"body": filled["body"]}
    published["headers"] |= {"origin": "celeriac", "argsrepr": "()", "kwargsrepr": "{...}"}
    published["properties"] |= {"reply_to": ID, "delivery_tag": ID}
    assert filled == published


@pytest.mark.parametrize(
    "options", [{}, {"task_send_sent_event": True}, {"broker_transport_options": {"sep": ":"}}]
)
def test_celery_writes_the_same_bytes_when_it_is_recorded(
    own_url: str, own_redis: Redis, options: dict[str, Any]
) -> None:
    shop = new_shop(own_url, **options)
    task = shop.tasks["shop.low"]
    record = recorded(shop, task, ID, {"x": 5})
    task.apply_async(kwargs={"x": 5}, task_id=ID)
    published = taken(own_redis, record.list)
    record.message["properties"]["delivery_tag"] = published["properties"]["delivery_tag"]
    assert json.dumps(record.message) == json.dumps(published)
    close_app(shop)


def test_a_message_is_recorded_without_a_redis() -> None:
    shop = new_shop(NOWHERE)
    assert template_of(shop, shop.tasks["shop.add"]) is not None
    assert place_of(shop, shop.tasks["shop.urgent"]).list == "fast\x06\x169"


def test_two_processes_record_the_same_template() -> None:
    one, other = new_shop(NOWHERE), new_shop(NOWHERE)
    assert template_of(one, one.tasks["shop.add"]) == template_of(other, other.tasks["shop.add"])


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("shop.overriding", "its class overrides apply_async"),
        ("shop.stale", "it has the option 'expires', which counts from the call"),
        ("shop.many", "its parameter 'values' is passed by position"),
        ("shop.pickled", "its serializer is pickle"),
    ],
)
def test_a_task_has_no_template_where_its_structure_speaks_against_it(name: str, reason: str) -> None:
    shop = new_shop(NOWHERE)
    assert dependence(shop, shop.tasks[name]) == reason
    assert template_of(shop, shop.tasks[name]) is None


def route_by_region(_name: str, _args: Any, kwargs: Any, _options: Any, **_: Any) -> Any:
    """A router that looks at an argument."""
    return {"queue": "us" if kwargs["region"] == "us" else "eu"}


def test_a_router_that_is_a_function_leaves_no_task_a_template() -> None:
    shop = new_shop(NOWHERE)
    shop.conf.task_routes = [route_by_region]
    reason = dependence(shop, shop.tasks["shop.add"])
    assert reason is not None
    assert reason.endswith("test_recording.route_by_region sees its arguments")
    assert place_of(shop, shop.tasks["shop.add"]).queue == "celery"


@pytest.mark.usefixtures("receiver")
def test_a_receiver_leaves_no_task_a_template_unless_the_user_says_it_looks_at_no_argument() -> None:
    shop = new_shop(NOWHERE)
    assert template_of(shop, shop.tasks["shop.add"]) is None
    install(shop, static=["shop.ad*"])
    template = template_of(shop, shop.tasks["shop.add"])
    assert template is not None
    assert '"tenant": "acme"' in template
    assert template_of(shop, shop.tasks["shop.low"]) is None


def test_recording_tells_nobody_that_a_message_was_published() -> None:
    shop, told = new_shop(NOWHERE), []

    def note(sender: str, **_: Any) -> None:
        told.append(sender)

    signals.after_task_publish.connect(note)
    template_of(shop, shop.tasks["shop.add"])
    signals.after_task_publish.disconnect(note)
    assert told == []
