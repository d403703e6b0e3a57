"""The wire format: what a message holds, with the input byte for byte."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kombu import Connection

from celeriac.ledger.protocol.message import envelope, expires_at
from tests.support.messages import message as joined

TASK_ID = "6f1e0c57-8a0d-4b7e-9c21-5d0b7e3f4a10"
SECOND = timedelta(seconds=1)
ADD = envelope(task="add", queue="default", time_limit=90 * SECOND, soft_time_limit=60 * SECOND)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
inputs = st.dictionaries(st.text(), json_values)
names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", fullmatch=True)


def test_a_message_has_these_fields_and_no_other() -> None:
    message = json.loads(joined(ADD, TASK_ID, b'{"x": 4, "y": 5}'))
    body = message.pop("body")
    assert message.pop("stamp") == 1
    assert json.loads(base64.b64decode(body, validate=True)) == [
        [],
        {"x": 4, "y": 5},
        {"callbacks": None, "errbacks": None, "chain": None, "chord": None},
    ]
    assert message == {
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {
            "lang": "py",
            "task": "add",
            "id": TASK_ID,
            "shadow": None,
            "eta": None,
            "expires": None,
            "group": None,
            "group_index": None,
            "retries": 0,
            "timelimit": [90, 60],
            "root_id": TASK_ID,
            "parent_id": None,
            "argsrepr": "()",
            "kwargsrepr": "{...}",
            "origin": "celeriac",
            "ignore_result": False,
            "replaced_task_nesting": 0,
            "stamped_headers": None,
            "stamps": {},
        },
        "properties": {
            "correlation_id": TASK_ID,
            "reply_to": TASK_ID,
            "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": "default"},
            "priority": 0,
            "body_encoding": "base64",
            "delivery_tag": TASK_ID,
        },
    }


@given(task_input=inputs, escaped=st.booleans(), indent=st.sampled_from([None, 0, 2]))
def test_an_input_passes_through_byte_for_byte(
    *, task_input: dict[str, Any], escaped: bool, indent: int | None
) -> None:
    sent = json.dumps(task_input, ensure_ascii=escaped, indent=indent).encode()
    assert input_of(joined(ADD, TASK_ID, sent)) == sent


@pytest.mark.parametrize(
    "sent",
    [
        b"{}",
        b'{ "y":5.0e0,\r\n\t"x" : "\\u00e9 \xc3\xa9" }',
        b'{"x": 1%b}' % (b"0" * 4_000),
        b'{"x": "\\u0000id\\u0000 \\u0000body\\u0000"}',
        b'{"x": ", {\\"callbacks\\": null, \\"errbacks\\": null, \\"chain\\": null, \\"chord\\": null}]"}',
    ],
    ids=["empty", "as written", "4,001 digits", "our own marks", "our own ending"],
)
def test_an_input_that_could_be_mistaken_passes_through_byte_for_byte(sent: bytes) -> None:
    assert input_of(joined(ADD, TASK_ID, sent)) == sent


@given(task_id=st.uuids(version=4), task_input=inputs)
def test_kombu_reads_the_id_and_the_input_as_they_were(task_id: UUID, task_input: dict[str, Any]) -> None:
    sent = json.dumps(task_input, ensure_ascii=False).encode()
    with Connection("memory://") as connection:
        message = connection.channel().message_to_python(json.loads(joined(ADD, str(task_id), sent)))
    args, kwargs, _ = message.decode()
    assert (args, kwargs) == ([], task_input)
    assert (message.delivery_tag, message.headers["id"]) == (str(task_id), str(task_id))


@given(task=names, queue=names)
def test_a_message_names_its_task_and_its_queue(task: str, queue: str) -> None:
    prepared = envelope(task=task, queue=queue, time_limit=SECOND, soft_time_limit=None)
    message = json.loads(joined(prepared, TASK_ID, b"{}"))
    assert message["headers"]["task"] == task
    assert message["properties"]["delivery_info"]["routing_key"] == queue


@pytest.mark.parametrize(
    ("hard", "soft", "timelimit"),
    [
        (90 * SECOND, 60 * SECOND, [90, 60]),
        (SECOND, SECOND / 2, [1, 0.5]),
        (SECOND / 1_000, None, [0.001, None]),
        (timedelta(days=365), timedelta(days=364), [31_536_000, 31_449_600]),
    ],
)
def test_time_limits_are_seconds_the_hard_one_first(
    hard: timedelta, soft: timedelta | None, timelimit: list[float | None]
) -> None:
    prepared = envelope(task="add", queue="default", time_limit=hard, soft_time_limit=soft)
    assert json.loads(joined(prepared, TASK_ID, b"{}"))["headers"]["timelimit"] == timelimit


def test_an_envelope_serves_for_any_number_of_messages() -> None:
    first, second = (
        joined(ADD, task_id, sent) for task_id, sent in (("one", b'{"x":1}'), ("two", b'{"x":2}'))
    )
    assert (ids_in(first), input_of(first)) == ({"one"}, b'{"x":1}')
    assert (ids_in(second), input_of(second)) == ({"two"}, b'{"x":2}')


@given(headers=st.dictionaries(st.text(), st.text()))
def test_further_headers_and_an_expiry_change_nothing_else(*, headers: dict[str, str]) -> None:
    moment = datetime(2026, 5, 1, tzinfo=UTC)
    more = "".join(f", {json.dumps('x' + name)}: {json.dumps(text)}" for name, text in headers.items())
    plain = json.loads(joined(ADD, TASK_ID, b"{}"))
    message = json.loads(joined(ADD, TASK_ID, b"{}", expires=expires_at(moment), headers=more))
    plain["headers"] |= {"expires": moment.isoformat()} | {"x" + name: text for name, text in headers.items()}
    assert message == plain


def test_no_argument_stands_in_the_open() -> None:
    assert b"secret" not in joined(ADD, TASK_ID, b'{"x": "secret"}')


def ids_in(message: bytes) -> set[str]:
    """Every value that a message has where a task's id belongs."""
    document = json.loads(message)
    headers, properties = document["headers"], document["properties"]
    return {
        headers["id"],
        headers["root_id"],
        *(properties[name] for name in ("correlation_id", "reply_to", "delivery_tag")),
    }


def input_of(message: bytes) -> bytes:
    """The second of what the body lists, as it is written there."""
    body = base64.b64decode(json.loads(message)["body"], validate=True)
    return body.removeprefix(b"[[],  ").rpartition(b', {"callbacks"')[0].rstrip(b" ")
