"""A task's input can be read byte for byte, except hidden values."""

from pathlib import Path

import httpx
import pytest

from celeriac_api.request.json_text import member, without_values
from lab.harness.servers import running_api
from tests.support.door import document, ended, problem_of, run, submit

JSON = {"Content-Type": "application/json"}
UNKNOWN = "6f1e0c57-8a0d-4b7e-9c21-5d0b7e3f4a10"
ODD = b'{ "y": -0 , "x":100000000000000000000000000000000000000001\n}'


@pytest.mark.parametrize(
    ("body", "names", "expected"),
    [
        (b'{"a":1,"b":2}', {"a"}, b'{"a":"hidden","b":2}'),
        (
            b'{ "a" : {"b": [1, {"a": "}"}]} , "b":2 }',
            {"b"},
            b'{ "a" : {"b": [1, {"a": "}"}]} , "b":"hidden" }',
        ),
        (b'{"\\u0061": "x"}', {"a"}, b'{"\\u0061": "hidden"}'),
        (b'{"a": "\\"b\\": 1", "b": null}', {"b"}, b'{"a": "\\"b\\": 1", "b": "hidden"}'),
        (b'{"a": 1e5, "b": 7}', None, b'{"a": "hidden", "b": "hidden"}'),
        (b"{ }", None, b"{ }"),
        (b'{"a": %b}' % (b"1" * 10_000), {"b"}, b'{"a": %b}' % (b"1" * 10_000)),
        ('{"ä": "ö"}'.encode(), {"a"}, '{"ä": "ö"}'.encode()),
        (b'{"a": 1}', frozenset[str](), b'{"a": 1}'),
    ],
)
def test_what_is_hidden_is_replaced_and_nothing_else(
    body: bytes, names: set[str] | None, expected: bytes
) -> None:
    assert without_values(body, names) == expected


def test_a_member_is_found_by_its_name_however_that_is_written() -> None:
    assert member(b'{"x": 1, "inp\\u0075t" : {"a": [ 2 ]} }', "input") == b'{"a": [ 2 ]}'
    assert member(b'{"input2": {}}', "input") is None


def test_an_input_is_told_letter_for_letter_also_after_the_end(client: httpx.Client) -> None:
    task = document(client.post("/add", content=ODD, headers=JSON))
    for _ in range(2):
        response = client.get(task["links"]["input"])
        assert (response.status_code, response.content) == (200, ODD)
        assert response.headers["content-type"] == "application/json"
        ended(client, task)


def test_a_hidden_parameter_is_told_by_nobody_and_reaches_the_task(client: httpx.Client) -> None:
    task = submit(client, "sign_in", user="ann", password="open sesame", card={"number": "4111"})
    at_end = ended(client, task)
    assert at_end["result"] == "welcome, ann"
    told = client.get(task["links"]["input"])
    assert document(told) == {"user": "ann", "password": "hidden", "card": "hidden"}
    again = ended(client, document(client.post(task["links"]["retry"])))
    assert again["result"] == "welcome, ann"
    assert document(client.get(again["links"]["input"]))["password"] == "hidden"
    assert b"sesame" not in client.get(task["links"]["self"]).content


def test_the_schema_says_what_is_hidden(client: httpx.Client) -> None:
    (definition,) = [one for one in document(client.get("/catalog"))["items"] if one["name"] == "sign_in"]
    properties = definition["input_schema"]["properties"]
    assert {name for name, schema in properties.items() if schema.get("writeOnly")} == {"password", "card"}


def test_all_is_hidden_of_a_task_whose_definition_is_gone(
    quiet: httpx.Client, quiet_url: str, tmp_path: Path
) -> None:
    task = submit(quiet, "sign_in", user="ann", password="open sesame")
    with running_api(tmp_path, redis_url=quiet_url, tasks="tasks") as other, other.client() as without:
        told = without.get(task["links"]["input"])
    assert document(told) == {"user": "hidden", "password": "hidden"}
    assert document(quiet.get(task["links"]["input"]))["user"] == "ann"


def test_an_unknown_task_has_no_input_and_a_forgotten_one_is_gone(
    client: httpx.Client, cut_off: httpx.Client
) -> None:
    assert problem_of(client.get(f"/tasks/{UNKNOWN}/input")) == (404, "task-not-found")
    assert problem_of(client.get("/tasks/7/input")) == (404, "task-not-found")
    assert problem_of(client.get(f"/tasks/{UNKNOWN}/input?x=1")) == (422, "invalid-input")
    assert problem_of(cut_off.get(f"/tasks/{UNKNOWN}/input")) == (503, "redis-unavailable")
    task = run(client, "add", x=1, y=2)
    client.delete(task["links"]["self"])
    assert problem_of(client.get(task["links"]["input"])) == (410, "task-gone")
