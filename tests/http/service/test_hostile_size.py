"""However much a client sends, others are answered, and the answer is short."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from redis import Redis

from celeriac_api.request.body import MOST_ERRORS
from celeriac_api.server.connections.one_write import LOOK_BYTES
from celeriac_api.server.request_head import LARGEST_HEADERS, LONGEST_TARGET
from lab.harness.waiting import wait_until
from tests.support.door import document, problem_of, submit
from tests.support.raw import exchange, post
from tests.support.stored import stored

JSON = {"Content-Type": "application/json"}
# It took 5 to 40 s where the time grew with the square of the size; a busy machine has its room.
LONGEST_SILENCE_SECONDS = 2.0


def members(count: int) -> list[bytes]:
    """Members of an object, each with a name of its own."""
    return [b'"n%d":1' % number for number in range(count)]


def an_object(parts: list[bytes]) -> bytes:
    """The object of these members."""
    return b"{" + b",".join(parts) + b"}"


# By the names of the tests: to which task, the body, the status.
LARGE: dict[str, tuple[str, bytes, int]] = {
    "a name twice among 40,000": ("add", an_object([*members(40_000), b'"n39999":1']), 400),
    "80,000 unknown members": ("add", an_object(members(80_000)), 422),
    "20,000 values of a wrong type": (
        "give_back_numbers",
        b'{"value":[%b]}' % b",".join([b'"1"'] * 20_000),
        422,
    ),
    "120,000 values of a wrong type": (
        "give_back_numbers",
        b'{"value":[%b]}' % b",".join([b'"1"'] * 120_000),
        422,
    ),
    "500,000 values": ("give_back_anything", b'{"value":[%b]}' % b",".join([b"1"] * 500_000), 422),
    "300,000 lists": ("give_back_anything", b'{"value":[%b]}' % b",".join([b"[]"] * 300_000), 422),
    "a name of a megabyte twice": ("add", an_object([b'"%b":1' % (b"n" * 500_000)] * 2), 400),
    "an unknown name of a megabyte": ("add", an_object([b'"%b":1' % (b"n" * 1_000_000)]), 422),
    "an object of a megabyte without what is required": (
        "add",
        b'{"z":[%b]}' % b",".join([b'"%b"' % (b"x" * 100)] * 9_000),
        422,
    ),
    "half a million quotes": ("add", b'"' * 1_000_000, 400),
}


@contextmanager
def others_asking(client: httpx.Client) -> Iterator[list[float]]:
    """Meanwhile somebody else asks without a pause; how long each answer took, in seconds."""
    took: list[float] = []
    over = threading.Event()

    def ask() -> None:
        with httpx.Client(base_url=client.base_url, timeout=60, trust_env=False) as other:
            while not over.is_set():
                started = time.monotonic()
                assert other.get("/livez").status_code == 200
                took.append(time.monotonic() - started)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        wait_until(lambda: took, what="the first answer")
        yield took
    finally:
        over.set()
        asking.join()


@pytest.mark.parametrize("what", LARGE)
def test_a_large_body_is_refused_shortly_while_others_are_answered(
    what: str, quiet: httpx.Client, quiet_redis: Redis
) -> None:
    task, body, status = LARGE[what]
    for path, content in (
        (f"/{task}", body),
        ("/tasks", b'{"name":"%b","input":%b}' % (task.encode(), body)),
    ):
        with others_asking(quiet) as took:
            response = quiet.post(path, content=content, headers=JSON)
        assert response.status_code == status, response.text[:500]
        assert len(response.content) < 10_000
        assert len(document(response).get("errors", [])) <= MOST_ERRORS
        assert max(took) < LONGEST_SILENCE_SECONDS
    assert not stored(quiet_redis)


def test_a_large_body_that_is_fine_is_accepted_once_for_its_key(quiet: httpx.Client) -> None:
    values = {f"n{number}": [number] for number in range(40_000)}
    for order in (values, dict(reversed(values.items()))):
        response = quiet.post(
            "/give_back_anything", json={"value": order}, headers={"Idempotency-Key": "a large one"}
        )
        assert response.status_code == 202, response.text[:500]
    assert response.headers["idempotent-replayed"] == "true"


def test_of_many_errors_the_first_are_listed_and_the_rest_are_counted(quiet: httpx.Client) -> None:
    problem = document(quiet.post("/add", json={f"n{number}": 1 for number in range(30)} | {"x": 1, "y": 2}))
    assert len(problem["errors"]) == MOST_ERRORS == 20
    assert problem["errors"][0]["pointer"] == "/n0"
    assert "29 more; `errors` lists 19 of them" in problem["detail"]


def test_too_many_values_are_said_to_be_so(quiet: httpx.Client) -> None:
    response = quiet.post("/give_back_anything", json={"value": [1] * 140_000})
    assert problem_of(response) == (422, "invalid-input")
    assert "more than 131072 values" in document(response)["detail"]
    commas = quiet.post("/give_back_anything", json={"value": "," * 500_000})
    assert commas.status_code == 202


@pytest.mark.parametrize(
    ("request_bytes", "status", "code"),
    [
        (post("/add?" + "x" * LONGEST_TARGET), 414, "target-too-long"),
        (post("/" + "x" * LONGEST_TARGET), 414, "target-too-long"),
        (post("/add", "X-Large: " + "x" * LARGEST_HEADERS), 431, "headers-too-large"),
        (post("/add", *["X-Many: " + "x" * 1_000] * 70), 431, "headers-too-large"),
        (post("/add", *[f"X-{number}: x" for number in range(12_000)]), 431, "headers-too-large"),
    ],
    ids=["a long query", "a long path", "a large header", "a header many times", "many headers"],
)
def test_a_head_that_is_too_large_is_refused(
    request_bytes: bytes, status: int, code: str, quiet: httpx.Client
) -> None:
    answer = exchange(quiet.base_url, request_bytes)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    problem = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert problem["type"] == f"urn:celeriac:problem:{code}"
    assert len(answer) < 2_000


@pytest.mark.parametrize("beginning", [b"GET /", b"GET / HTTP/1.1\r\nHost: x\r\nX-Endless: "])
def test_a_head_without_an_end_ends_the_connection_and_not_the_server(
    beginning: bytes, quiet: httpx.Client
) -> None:
    address = (quiet.base_url.host, quiet.base_url.port or 80)
    with socket.create_connection(address, timeout=30) as connection, pytest.raises(ConnectionError):
        connection.sendall(beginning + b"x" * 100 * LOOK_BYTES)
    assert submit(quiet, "add", x=1, y=2)["state"] == "queued"


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/tasks?" + "&".join(["name=add"] * 101), {}),
        ("/tasks?cursor=" + "A" * 8_000, {}),
        ("/tasks?limit=" + "0" * 8_000, {}),
        ("/tasks?created_after=2026-01-01T00:00:00." + "1" * 8_000 + "x", {}),
        ("/events", {"Last-Event-ID": "1" * 60_000}),
    ],
    ids=["101 parameters", "a cursor", "a limit", "a moment", "an event's id"],
)
def test_a_long_value_of_a_parameter_is_refused_shortly(
    path: str, headers: dict[str, str], quiet: httpx.Client
) -> None:
    response = quiet.get(path, headers=headers)
    assert problem_of(response) == (422, "invalid-input")
    assert len(response.content) < 2_000


@pytest.mark.parametrize(
    "headers",
    [
        {"Prefer": ",wait = " + "1" * 60_000 + "x"},
        {"Prefer": "," * 60_000},
        {"Prefer": "wait=" + "0" * 60_000},
        {"Accept": "," * 50_000 + "text/event-streams"},
        {"traceparent": "00-" + "1" * 60_000},
        {"X-Request-ID": "x" * 60_000},
        {"If-None-Match": "," * 60_000},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_a_long_header_costs_nobody_a_wait(headers: dict[str, str], quiet: httpx.Client) -> None:
    with others_asking(quiet) as took:
        assert quiet.post("/add", json={"x": 1, "y": 2}, headers=headers).status_code == 202
    assert max(took) < LONGEST_SILENCE_SECONDS


def test_a_long_idempotency_key_is_refused_shortly(quiet: httpx.Client) -> None:
    response = quiet.post("/add", json={"x": 1, "y": 2}, headers={"Idempotency-Key": "k" * 60_000})
    assert problem_of(response) == (422, "invalid-input")
    assert len(response.content) < 2_000
