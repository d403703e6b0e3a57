"""Hostile input is refused with its problem and never queued."""

import gzip
import json

import httpx
import pytest
from redis import Redis

from tests.support.door import document, ended, run, submit
from tests.support.raw import exchange, post, send_and_leave
from tests.support.stored import stored

JSON = {"Content-Type": "application/json"}
GOOD = b'{"x":4,"y":5}'


def x(value: bytes) -> bytes:
    """An input of `add` with this text as `x`."""
    return b'{"x":%b,"y":5}' % value


def anything(value: bytes) -> bytes:
    """An input of `give_back_anything` with this text as its value."""
    return b'{"value":%b}' % value


# By the names of the tests: to which task, the body, the status.
REFUSED: dict[str, tuple[str, bytes, int]] = {
    "a number in text": ("add", x(b'"4"'), 422),
    "a float": ("add", x(b"4.0"), 422),
    "an exponent": ("add", x(b"4e0"), 422),
    "a boolean": ("add", x(b"true"), 422),
    "null": ("add", x(b"null"), 422),
    "a list": ("add", x(b"[4]"), 422),
    "an object": ("add", x(b'{"a":1}'), 422),
    "a missing member": ("add", b'{"x":4}', 422),
    "an unknown member": ("add", b'{"x":4,"y":5,"z":6}', 422),
    "a name in another case": ("add", b'{"X":4,"y":5}', 422),
    "no object but a list": ("add", b"[1,2]", 422),
    "no object but null": ("add", b"null", 422),
    "no object but text": ("add", b'"x"', 422),
    "NaN": ("add", x(b"NaN"), 400),
    "Infinity": ("add", x(b"Infinity"), 400),
    "minus Infinity": ("add", x(b"-Infinity"), 400),
    "NaN in an unknown member": ("add", b'{"x":4,"y":5,"z":NaN}', 400),
    "NaN further in": ("give_back_anything", anything(b'[{"a":[-Infinity]}]'), 400),
    "NaN where a number is expected": ("give_back", b'{"person":NaN}', 400),
    "a number beyond a double": ("add", x(b"1e999"), 422),
    "a number beyond a double further in": ("give_back_anything", anything(b"[-1E+999]"), 422),
    "hexadecimal": ("add", x(b"0x10"), 400),
    "a leading zero": ("add", x(b"04"), 400),
    "a plus sign": ("add", x(b"+4"), 400),
    "an underscore": ("add", x(b"1_000"), 400),
    "4,301 digits": ("add", x(b"9" * 4_301), 400),
    "5,000 digits": ("add", x(b"-" + b"9" * 5_000), 400),
    "5,000 digits further in": ("give_back_anything", anything(b"[%b]" % (b"9" * 5_000)), 400),
    "a name twice": ("add", b'{"x":1,"x":4,"y":5}', 400),
    "a name twice by an escape": ("add", b'{"x":1,"\\u0078":4,"y":5}', 400),
    "a name twice further in": ("give_back_anything", anything(b'[[{"a":1,"b":2,"a":2}]]'), 400),
    "a name twice in what is wrong besides": ("add", b'{"x":1,"x":"4"}', 400),
    "nothing": ("add", b"", 400),
    "blanks": ("add", b"  \r\n", 400),
    "cut off": ("add", b'{"x":4,"y":', 400),
    "one brace too many": ("add", GOOD + b"}", 400),
    "two objects": ("add", GOOD + GOOD, 400),
    "a comma too many": ("add", b'{"x":4,"y":5,}', 400),
    "single quotes": ("add", b"{'x':4,'y':5}", 400),
    "a comment": ("add", b'{"x":4,/**/"y":5}', 400),
    "a byte order mark": ("add", b"\xef\xbb\xbf" + GOOD, 400),
    "UTF-16": ("add", GOOD.decode().encode("utf-16"), 400),
    "UTF-32": ("add", GOOD.decode().encode("utf-32-le"), 400),
    "a NUL at the end": ("add", GOOD + b"\0", 400),
    "a form": ("add", b"x=4&y=5", 400),
    "gzip": ("add", gzip.compress(GOOD), 400),
    "Python's True": ("give_back_anything", anything(b"True"), 400),
    "undefined": ("give_back_anything", anything(b"undefined"), 400),
    "invalid UTF-8": ("give_back_anything", anything(b'"\xff"'), 400),
    "overlong UTF-8": ("give_back_anything", anything(b'"\xc0\x80"'), 400),
    "cut UTF-8": ("give_back_anything", anything(b'"\xe2\x82"'), 400),
    "UTF-8 beyond Unicode": ("give_back_anything", anything(b'"\xf4\x90\x80\x80"'), 400),
    "a raw lone surrogate": ("give_back_anything", anything(b'"\xed\xa0\x80"'), 400),
    "an escaped lone surrogate": ("give_back_anything", anything(b'"\\ud800"'), 400),
    "an escaped low surrogate": ("give_back_anything", anything(b'"\\udc00"'), 400),
    "surrogates the wrong way round": ("give_back_anything", anything(b'"\\udd6c\\ud83e"'), 400),
    "a lone surrogate in a name": ("give_back_anything", anything(b'{"\\ud800":1}'), 400),
    "a raw control character": ("give_back_anything", anything(b'"\x00"'), 400),
    "a raw line break": ("give_back_anything", anything(b'"\n"'), 400),
    "an unknown escape": ("give_back_anything", anything(b'"\\x41"'), 400),
    "33 deep": ("give_back_anything", anything(b"[" * 33 + b"]" * 33), 422),
    "200 deep": ("give_back_anything", anything(b"[" * 199 + b"]" * 199), 422),
    # Deep enough to end the main process of a stock worker, and let through by FastAPI.
    "600 deep": ("give_back_anything", anything(b"[" * 600 + b"]" * 600), 422),
    "objects 600 deep": ("give_back_anything", b'{"value":' * 600 + b"1" + b"}" * 600, 422),
    "10,000 deep": ("give_back_anything", anything(b"[" * 10_000 + b"]" * 10_000), 422),
    "objects 10,000 deep": ("add", b'{"x":' * 10_000 + b"1" + b"}" * 10_000, 422),
    "10,000 deep and cut off": ("give_back_anything", anything(b"[" * 10_000), 422),
    "a typed value": (
        "give_back_anything",
        anything(b'{"__type__":"datetime","__value__":"2026-05-01"}'),
        422,
    ),
    "an unknown typed value": ("give_back_anything", anything(b'{"__value__":1,"__type__":"x"}'), 422),
    "a typed value further in": (
        "give_back_anything",
        anything(b'[{"a":{"__value__":1,"__type__":"x"}}]'),
        422,
    ),
    "a typed value by an escape": (
        "give_back_anything",
        anything(b'{"__typ\\u0065__":"a","__value__":1}'),
        422,
    ),
    "a typed value as the whole input": (
        "give_back_anything",
        b'{"__type__":"datetime","__value__":"x"}',
        422,
    ),
    "a byte over a mebibyte": ("give_back_anything", anything(b'"' + b"x" * (2**20 - 11) + b'"'), 413),
    "2 MB": ("give_back_anything", anything(b'"' + b"x" * 2_000_000 + b'"'), 413),
    "2 MB of nothing": ("add", b" " * 2_000_000, 413),
    "a typed value in a member that a model ignores": (
        "give_back",
        (
            b'{"person":{"name":"A","born":"1815-12-10","address":{"street":"s","since":"1835-07-08"},'
            b'"more":{"__type__":"x","__value__":1}}}'
        ),
        422,
    ),
    "5,000 digits in a member that a model ignores": (
        "give_back",
        b'{"person":{"name":"A","born":"1815-12-10","address":{"street":"s","since":"1835-07-08","more":%b}}}'
        % (b"9" * 5_000),
        400,
    ),
    "what is no base64": ("give_back_bytes", b'{"data":"a b="}', 422),
    "base64 without its padding": ("give_back_bytes", b'{"data":"YWI"}', 422),
    "base64 for URLs": ("give_back_bytes", b'{"data":"_-=="}', 422),
    "base64 with a line break": ("give_back_bytes", b'{"data":"YWJj\\nYWJj"}', 422),
    "a name that is too short": ("constrained", b'{"name":"a","even":2}', 422),
    "a number that is odd": ("constrained", b'{"name":"abc","even":3}', 422),
    "a list that is too long": ("constrained", b'{"name":"abc","even":2,"few":[1,2,3,4]}', 422),
}
TYPES = {
    400: "urn:celeriac:problem:malformed-json",
    413: "urn:celeriac:problem:body-too-large",
    422: "urn:celeriac:problem:invalid-input",
}

# What is unusual and valid: it reaches the task as it is.
ACCEPTED = {
    "32 deep": b"[" * 32 + b"]" * 32,
    "4,300 digits": b"9" * 4_300,
    "minus 4,300 digits": b"-" + b"9" * 4_300,
    "a number of 5,000 decimals": b"1." + b"1" * 5_000,
    "a number below a double": b"1e-999",
    "an exponent of 5,000 zeros": b"1e" + b"0" * 5_000 + b"1",
    "minus zero": b"-0",
    "a NUL": b'"\\u0000"',
    "an escaped pair of surrogates": b'"\\ud83e\\udd6c"',
    "a delete character": b'"\x7f"',
    "a non-character": b'"\\uffff"',
    "__type__ alone": b'{"__type__":"datetime"}',
    "__type__ and __value__ among others": b'{"__type__":"datetime","__value__":"x","other":1}',
    "60,000 names": json.dumps({f"n{number}": 0 for number in range(60_000)}).encode(),
    "60,000 lists": b"[" + b"[]," * 60_000 + b"[]]",
    "a mebibyte": b'"' + b"x" * (2**20 - 12) + b'"',
    "names of Python's own": b'{"__class__":"x","__proto__":{},"self":1,"":2}',
}


@pytest.mark.parametrize("what", REFUSED)
def test_it_is_refused_with_its_problem_and_writes_nothing(
    what: str, quiet: httpx.Client, quiet_redis: Redis
) -> None:
    task, body, status = REFUSED[what]
    response = quiet.post(f"/{task}", content=body, headers=JSON)
    assert response.status_code == status, response.text
    assert document(response)["type"] == TYPES[status]
    assert len(response.content) < 2_000
    assert not stored(quiet_redis)


@pytest.mark.parametrize("what", REFUSED)
def test_by_the_name_of_its_task_it_is_refused_likewise(
    what: str, quiet: httpx.Client, quiet_redis: Redis
) -> None:
    task, body, status = REFUSED[what]
    response = quiet.post("/tasks", content=b'{"name":"%b","input":%b}' % (task.encode(), body), headers=JSON)
    assert response.status_code == status, response.text
    assert document(response)["type"] == TYPES[status]
    assert not stored(quiet_redis)


@pytest.mark.parametrize("what", ACCEPTED)
def test_what_is_unusual_and_valid_reaches_the_task_as_it_is(what: str, client: httpx.Client) -> None:
    value = ACCEPTED[what]
    response = client.post("/give_back_anything", content=anything(value), headers=JSON)
    assert response.status_code == 202, response.text
    assert ended(client, document(response))["result"] == json.loads(value)


def test_the_worker_still_works_after_all_of_it(client: httpx.Client) -> None:
    for task, body, status in REFUSED.values():
        assert client.post(f"/{task}", content=body, headers=JSON).status_code == status
    assert run(client, "add", x=4, y=5)["result"] == 9


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "text/json",
        "application/jsonx",
        "application/vnd.api+json",
        "application/json, text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ],
)
def test_what_is_not_said_to_be_json_is_refused(
    content_type: str | None, quiet: httpx.Client, quiet_redis: Redis
) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    response = quiet.post("/add", content=GOOD, headers=headers)
    assert response.status_code == 415
    assert document(response)["type"] == "urn:celeriac:problem:unsupported-media-type"
    assert "application/json" in document(response)["detail"]
    assert not stored(quiet_redis)


@pytest.mark.parametrize(
    "body",
    [
        b'{"name":"add"}',
        b'{"name":"add","input":null}',
        b'{"name":"add","input":[4,5]}',
        b'{"name":"add","input":"{}"}',
        b'{"name":7,"input":{"x":4,"y":5}}',
        b'{"input":{"x":4,"y":5}}',
        b'{"name":"add","input":{"x":4,"y":5},"options":{}}',
        b'{"name":"add","input":{"x":4,"y":5},"input":{"x":4,"y":5}}',
        b'{"name":"add","name":"add","input":{"x":4,"y":5}}',
        b'{"name":"add","inp\\u0075t":{"x":1,"y":2},"input":{"x":4,"y":5}}',
        b'{"name":"add","input":{"x":4,"y":5,"queue":"other"}}',
    ],
)
def test_a_submission_by_name_of_the_wrong_shape_is_refused(
    body: bytes, quiet: httpx.Client, quiet_redis: Redis
) -> None:
    response = quiet.post("/tasks", content=body, headers=JSON)
    assert response.status_code in {400, 422}
    assert not stored(quiet_redis)


@pytest.mark.parametrize(
    "query",
    ["x=1", "WAIT=1", "wait=", "wait=-1", "wait=1.5", "wait=%D9%A3", "wait=0;x=1", "%ff=1", "queue=other"],
)
def test_an_option_that_is_not_known_or_wrong_is_refused(
    query: str, quiet: httpx.Client, quiet_redis: Redis
) -> None:
    response = quiet.post(f"/add?{query}", content=GOOD, headers=JSON)
    assert response.status_code == 422
    assert document(response)["errors"][0]["pointer"].startswith("?")
    assert not stored(quiet_redis)


def test_a_body_in_chunks_is_read_like_any_other(quiet: httpx.Client) -> None:
    chunked = post("/add", "Content-Type: application/json", "Transfer-Encoding: chunked")
    answer = exchange(quiet.base_url, chunked + b'6\r\n{"x":4\r\n7\r\n,"y":5}\r\n0\r\n\r\n')
    assert answer.startswith(b"HTTP/1.1 202 ")


def test_chunks_over_the_limit_are_refused_before_their_end(quiet: httpx.Client, quiet_redis: Redis) -> None:
    chunks = (b" " * 100_000 for _ in range(20))
    response = quiet.post("/add", content=chunks, headers=JSON)
    assert response.status_code == 413
    assert not stored(quiet_redis)


BROKEN_FRAMES = {
    "a length below the body's": post(
        "/add", "Content-Type: application/json", "Content-Length: 12", body=GOOD
    ),
    "no length": post("/add", "Content-Type: application/json", body=GOOD),
    "a negative length": post("/add", "Content-Type: application/json", "Content-Length: -1", body=GOOD),
    "two lengths": post(
        "/add", "Content-Type: application/json", "Content-Length: 13", "Content-Length: 20", body=GOOD
    ),
    "a length and chunks": post(
        "/add",
        "Content-Type: application/json",
        "Content-Length: 13",
        "Transfer-Encoding: chunked",
        body=b"d\r\n" + GOOD + b"\r\n0\r\n\r\n",
    ),
    "a chunk of no size": post(
        "/add", "Content-Type: application/json", "Transfer-Encoding: chunked", body=b"zz\r\n" + GOOD
    ),
    "no HTTP": b"\x16\x03\x01\x02\x00" + GOOD,
}


@pytest.mark.parametrize("what", BROKEN_FRAMES)
def test_a_request_whose_frame_is_broken_is_refused(
    what: str, quiet: httpx.Client, quiet_redis: Redis
) -> None:
    answer = exchange(quiet.base_url, BROKEN_FRAMES[what])
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert not stored(quiet_redis)


def test_a_client_that_leaves_in_the_middle_of_its_body_has_submitted_nothing(
    quiet: httpx.Client, quiet_redis: Redis
) -> None:
    send_and_leave(
        quiet.base_url, post("/add", "Content-Type: application/json", "Content-Length: 14", body=GOOD)
    )
    assert submit(quiet, "add", x=1, y=1)["state"] == "queued"
    assert quiet_redis.llen("default") == 1


@pytest.mark.parametrize("path", ["/add/", "/ADD", "//add", "/add%00", "/add%2f", "/add;x=1", "/api/add"])
def test_an_address_that_is_not_quite_a_task_s_is_not_served(
    path: str, quiet: httpx.Client, quiet_redis: Redis
) -> None:
    response = quiet.post(f"{quiet.base_url}{path}", content=GOOD, headers=JSON)
    assert response.status_code == 404
    assert document(response)["type"] == "urn:celeriac:problem:route-not-found"
    assert not stored(quiet_redis)
