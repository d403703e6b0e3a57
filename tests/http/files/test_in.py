"""Files come in as parts of a form, as a bare body, and in JSON."""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from redis import Redis

from celeriac.ledger.store import keys
from tests.support.door import document, ended, problem_of

JSON = {"content-type": "application/json"}
HI = ("hi.txt", b"hi", "text/plain")


def sent(client: httpx.Client, path: str, **request: Any) -> Any:
    """The result of the task that this request submits."""
    response = client.post(path, params={"wait": 50} | request.pop("params", {}), **request)
    assert response.status_code == 200, response.text
    return document(response)["result"]


def test_each_part_of_a_form_is_a_parameter(client: httpx.Client) -> None:
    files = [
        ("one", HI),
        ("raw", ("x", b"raw", "text/csv")),
        ("several", HI),
        ("several", ("b", b"\xff", None)),
    ]
    fields = {
        "number": "7",
        "ratio": "0.5",
        "flag": "true",
        "words": ["a", "b"],
        "settings": '{"a": 1}',
        "title": "12",
        "size": "2",
    }
    result = sent(client, "/describe", files=files, data=fields)
    assert result == {
        "files": [
            ["hi.txt", "text/plain", "hi"],
            ["hi.txt", "text/plain", "hi"],
            ["b", "application/octet-stream", "\xff"],
        ],
        "raw": "raw",
        "values": [7, 0.5, True, ["a", "b"], {"a": 1}, "12", 2],
    }


def test_parameters_may_be_one_part_of_json(client: httpx.Client) -> None:
    parts = {"input": (None, b'{"number": 7, "words": ["a"]}', "application/json"), "one": HI}
    assert sent(client, "/describe", files=parts)["values"][:4] == [7, None, False, ["a"]]
    parts = {"settings": (None, b'{"a": 1}', "application/json"), "one": HI}
    assert sent(client, "/describe", files=parts)["values"][4] == {"a": 1}


def test_a_bare_body_is_the_only_file_and_the_query_has_the_rest(client: httpx.Client) -> None:
    response = client.post(
        "/same_file?name=other.txt&wait=50&tags=x", content=b"hi", headers={"content-type": "text/plain"}
    )
    task = document(response)
    assert task["tags"] == ["x"]
    assert task["result"] == {"data": "aGk=", "size": 2, "name": "other.txt", "content_type": "text/plain"}
    several = client.post(
        "/same_bytes",
        params={"times": "3", "wait": 50},
        content=b"hi\x00",
        headers={"content-type": "image/x"},
    )
    assert document(several)["result"] == "aGkAaGkAaGkA"


def test_a_form_without_a_chosen_file_leaves_it_out(client: httpx.Client) -> None:
    parts = {"one": HI, "raw": ("", b"", "application/octet-stream")}
    assert sent(client, "/describe", files=parts)["raw"] == ""


def test_the_input_is_shown_and_each_file_of_it(client: httpx.Client) -> None:
    response = client.post("/same_file", files={"file": HI})
    task = ended(client, document(response))
    shown = document(client.get(task["links"]["input"]))
    assert shown == {"file": {"data": "aGk=", "size": 2, "name": "hi.txt", "content_type": "text/plain"}}
    file = client.get(task["links"]["input"], params={"pointer": "/file"})
    assert (file.content, file.headers["content-type"]) == (b"hi", "text/plain")


def test_a_key_belongs_to_the_content_of_files(client: httpx.Client) -> None:
    def send(content: bytes) -> httpx.Response:
        headers = {"idempotency-key": "files-of-one-content"}
        return client.post("/same_file", files={"file": ("a.txt", content)}, headers=headers)

    first, again, other = send(b"one"), send(b"one"), send(b"two")
    assert document(first)["task_id"] == document(again)["task_id"]
    assert again.headers["idempotent-replayed"] == "true"
    assert problem_of(other) == (422, "idempotency-conflict")


@pytest.mark.parametrize(
    ("path", "request_", "pointer", "words"),
    [
        ("/describe", {"files": {"two": HI}}, "/two", "unknown parameter"),
        ("/describe", {"files": [("one", HI), ("one", HI)]}, "/one", "given once"),
        ("/describe", {"files": {"one": HI}, "data": {"number": ["1", "2"]}}, "/number", "given once"),
        ("/describe", {"files": {"one": HI}, "data": {"number": "x"}}, "/number", "valid integer"),
        ("/describe", {"files": {"one": HI}, "data": {"size": "3"}}, "/size", "'small' or 2"),
        ("/describe", {"files": {"raw": HI}}, "/one", "required"),
        (
            "/describe",
            {"files": {"one": HI, "raw": ("x.png", b"x", "image/png")}},
            "/raw",
            "should be text/*",
        ),
        (
            "/describe",
            {"files": {"one": HI, "raw": ("x", b"x" * 101, "text/plain")}},
            "/raw",
            "at most 100 bytes",
        ),
        ("/describe", {"files": {"one": ("x", b"x", "no type")}}, "/one", "content type such as"),
        ("/same_file", {"files": {"file": ("x", b"x" * 200_001)}}, "/file", "at most 200 kB"),
        (
            "/same_file?nome=x",
            {"content": b"x", "headers": {"content-type": "image/png"}},
            "?nome",
            "unknown query",
        ),
        ("/same_file", {"json": {"file": {"$blob": "ab" * 32, "size": 2}}}, "/file", "by its hash"),
        (
            "/describe",
            {
                "files": {
                    "one": HI,
                    "input": (
                        None,
                        b'{"several": [{"$blob": "%b", "size": 2}]}' % (b"ab" * 32),
                        "application/json",
                    ),
                }
            },
            "/several/0",
            "should be a file of this",
        ),
        (
            "/same_bytes?times=2&times=3",
            {"content": b"x", "headers": {"content-type": "a/b"}},
            "?times",
            "once",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(
    client: httpx.Client, path: str, request_: dict[str, Any], pointer: str, words: str
) -> None:
    response = client.post(path, **request_)
    assert problem_of(response) == (422, "invalid-input"), response.text
    (error,) = [error for error in document(response)["errors"] if error["pointer"] == pointer]
    assert words in error["detail"]


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/add", "multipart/form-data; boundary=x"),
        ("/describe", "image/png"),
        ("/same_file", "application/x-www-form-urlencoded"),
    ],
)
def test_a_body_that_cannot_be_a_file_is_refused(client: httpx.Client, path: str, content_type: str) -> None:
    response = client.post(path, content=b"x", headers={"content-type": content_type})
    assert problem_of(response) == (415, "unsupported-media-type")


LARGE = b64encode(bytes(range(256)) * 300).decode()
BYTES_IN_REDIS = 20_000
TO: dict[str, Callable[[httpx.Client, bytes], httpx.Response]] = {
    "its route": lambda client, body: client.post("/same_file", content=body, headers=JSON),
    "tasks": lambda client, body: client.post(
        "/tasks", content=b'{"name": "same_file", "input": %b}' % body, headers=JSON
    ),
    "an id": lambda client, body: client.put(
        f"/tasks/{uuid4()}", content=b'{"name": "same_file", "input": %b}' % body, headers=JSON
    ),
}


@pytest.mark.parametrize("way", TO)
@pytest.mark.parametrize(
    "form", [LARGE, {"data": LARGE, "name": "a.bin", "content_type": "a/b"}], ids=["text", "object"]
)
def test_a_large_file_in_json_goes_where_those_of_forms_go(
    client: httpx.Client, redis: Redis, way: str, form: Any
) -> None:
    body = json.dumps({"file": form, "name": "\u00fc.bin"}).encode()
    task = ended(client, document(TO[way](client, body)))
    link = document(client.get(task["links"]["input"]))["file"]
    assert (link["size"], link["name"]) == (76_800, form["name"] if isinstance(form, dict) else None)
    assert int(redis.memory_usage(keys.record(task["task_id"])) or 0) < BYTES_IN_REDIS
    content = client.get(task["links"]["result"], headers={"accept": "*/*"})
    assert content.content == bytes(range(256)) * 300


def test_a_large_file_in_json_leaves_the_rest_as_it_was_sent(client: httpx.Client, redis: Redis) -> None:
    body = (
        b'{"several": ["aGk=", "%b"], "ratio": 1.00, "one": "aGk=", "settings": {"a": 123456789012345678901}}'
    )
    body %= LARGE.encode()
    task = document(client.post("/describe", content=body, headers=JSON))
    encoded = redis.hget(keys.record(task["task_id"]), "input")
    assert isinstance(encoded, bytes)
    kept = b64decode(encoded)
    assert b'"ratio": 1.00, "one": "aGk=", "settings": {"a": 123456789012345678901}}' in kept
    assert b'"several": ["aGk=", {"$blob": ' in kept


def test_a_submission_with_a_large_file_in_json_can_be_repeated(client: httpx.Client) -> None:
    first, again = (
        client.post("/same_file", json={"file": LARGE}, headers={"idempotency-key": LARGE[:50]})
        for _ in range(2)
    )
    assert document(first)["task_id"] == document(again)["task_id"]
    assert again.headers["idempotent-replayed"] == "true"
