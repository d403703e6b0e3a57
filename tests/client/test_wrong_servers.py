"""A server that is not Celeriac, or is broken, causes a clear error in time."""

import json
import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from celeriac.client import errors
from celeriac.client.flow import retries
from celeriac.client.wire import http
from tests.client.scripted import CLOSE, Script, reply, scripted
from tests.client.sides import Side

JSON = "Content-Type: application/json"
PROBLEM = "Content-Type: application/problem+json"
EVENTS = "Content-Type: text/event-stream"
TASK: dict[str, Any] = {
    "task_id": "0d9cbd4e-5b6f-4c3e-9d0a-3f1c5f1f8a52",
    "name": "add",
    "state": "queued",
    "ready": False,
    "successful": None,
    "result": None,
    "error": None,
}


def always(response: bytes) -> Script:
    """The same to everybody."""
    return lambda _: iter([response])


def refusal(name: str, status: str, *headers: str, **members: Any) -> bytes:
    """A problem document."""
    problem = {"type": f"urn:celeriac:problem:{name}", "title": "A title", "detail": "A detail", **members}
    return reply(status, json.dumps(problem).encode(), PROBLEM, *headers)


WRONG = {
    "HTML": (reply("200 OK", b"<html>Welcome</html>", "Content-Type: text/html"), "Welcome"),
    "cut off JSON": (reply("200 OK", b'{"task_id": "a', JSON), "not valid JSON"),
    "NaN": (reply("200 OK", b'{"task_id": NaN}', JSON), "NaN is not a JSON value"),
    "another object": (reply("200 OK", b'{"x": 1}', JSON), "not from Celeriac"),
    "no object": (reply("200 OK", b"[1]", JSON), "not from Celeriac"),
    "not UTF-8": (reply("200 OK", b'{"task_id": "\xff"}', JSON), "not valid JSON"),
    "deep": (reply("200 OK", b"[" * 100_000 + b"]" * 100_000, JSON), "not valid JSON"),
    "404 of another server": (
        reply("404 Not Found", b"nothing", "Content-Type: text/plain"),
        "Check the address",
    ),
    "a problem that is no JSON": (reply("422 Unprocessable", b"{", PROBLEM), "not valid JSON"),
    "a problem that is no object": (reply("422 Unprocessable", b"7", PROBLEM), "not an object"),
    "broken compression": (reply("200 OK", b"zzzz", JSON, "Content-Encoding: gzip"), "cannot be decoded"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_not_an_answer_of_celeriac_is_shown(case: str, side: Side) -> None:
    response, words = WRONG[case]
    with (
        scripted(always(response)) as server,
        side.client(server.url) as client,
        pytest.raises(errors.UnexpectedAnswer, match=words),
    ):
        client.get("x")


def test_a_redirect_is_not_followed_and_the_key_stays_here(side: Side) -> None:
    with scripted(always(reply("200 OK", b"{}", JSON))) as elsewhere:
        moved = always(reply("307 Temporary Redirect", b"", f"Location: {elsewhere.url}/tasks/x"))
        with (
            scripted(moved) as server,
            side.client(server.url, key="clrc_secret") as client,
            pytest.raises(errors.UnexpectedAnswer, match=f"redirects to '{elsewhere.url}"),
        ):
            client.get("x")
        assert b"clrc_secret" in server.requests[0]
        assert elsewhere.requests == []


def test_an_endless_answer_is_cut_off(side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "LONGEST_BODY", 1_000_000)
    monkeypatch.setattr(http, "LONGEST_GAP", 1_000_000)

    def endless(head: bytes) -> Iterator[bytes]:
        kind = EVENTS if b"event-stream" in head else JSON
        yield f"HTTP/1.1 200 OK\r\n{kind}\r\n\r\n".encode()
        while True:
            yield b"x" * 10_000

    with scripted(endless) as server, side.client(server.url) as client:
        with pytest.raises(errors.UnexpectedAnswer, match=r"more than 1,000,000 bytes"):
            client.get("x")
        with pytest.raises(errors.UnexpectedAnswer, match=r"1,000,000 bytes without an event"):
            next(client.task("x").events())


def test_an_answer_that_never_ends_is_given_up_at_the_deadline(side: Side) -> None:
    def slow(_: bytes) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
        while True:
            time.sleep(0.1)
            yield b" "

    with scripted(slow) as server, side.client(server.url) as client:
        began = time.monotonic()
        with pytest.raises(errors.ConnectionLost):
            client.get("x", timeout=1)
        assert time.monotonic() - began < 30


def test_a_large_answer_may_take_longer_than_an_attempt(side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "ATTEMPT_SECONDS", 1.0)
    text = json.dumps(TASK).encode()

    def slow(_: bytes) -> Iterator[bytes]:
        yield f"HTTP/1.1 200 OK\r\n{JSON}\r\nContent-Length: {len(text)}\r\n\r\n".encode()
        for place in range(0, len(text), 40):
            time.sleep(0.3)
            yield text[place : place + 40]

    with scripted(slow) as server, side.client(server.url) as client:
        assert client.get("x", timeout=60).state == "queued"
        assert len(server.requests) == 1


def test_a_wrong_event_is_shown_and_an_unknown_kind_is_passed_over(side: Side) -> None:
    def stream(text: bytes) -> Script:
        return lambda _: iter([f"HTTP/1.1 200 OK\r\n{EVENTS}\r\n\r\n".encode(), text])

    known = b'event: new\ndata: {"x": 1}\n\nevent: log\ndata: {"line": "a"}\n\n'
    with scripted(stream(known + b"event: log\ndata: {\n\n")) as server, side.client(server.url) as client:
        following = client.task("x").events()
        assert next(following).line == "a"
        with pytest.raises(errors.UnexpectedAnswer, match="not one of Celeriac"):
            next(following)
    with (
        scripted(stream(b"event: log\ndata: {}\n\n")) as server,
        side.client(server.url) as client,
        pytest.raises(errors.UnexpectedAnswer, match="lacks the member 'line'"),
    ):
        next(client.task("x").events())


@pytest.mark.parametrize(
    ("name", "status", "error"),
    [
        ("redis-unavailable", "503 Service Unavailable", errors.RedisUnavailable),
        ("queue-full", "503 Service Unavailable", errors.QueueFull),
        ("submission-in-doubt", "503 Service Unavailable", errors.InDoubt),
        ("limit-reached", "429 Too Many Requests", errors.RateLimited),
    ],
)
def test_what_can_pass_is_tried_again_with_the_same_key_until_the_deadline(
    name: str, status: str, error: type[errors.Problem], side: Side
) -> None:
    again = count()

    def twice_refused(_: bytes) -> Iterator[bytes]:
        is_refused = next(again) < 2
        yield (
            refusal(name, status, "Retry-After: 0")
            if is_refused
            else reply("202 Accepted", json.dumps(TASK).encode(), JSON)
        )

    with scripted(twice_refused) as server, side.client(server.url) as client:
        assert client.submit("add", x=1, y=2).id == TASK["task_id"]
        keys = {
            line for head in server.requests for line in head.split(b"\r\n") if b"idempotency" in line.lower()
        }
        assert (len(server.requests), len(keys)) == (3, 1)
    refused = refusal(name, status, "Retry-After: 60", task_id=TASK["task_id"], limit="key-rate")
    with scripted(always(refused)) as server, side.client(server.url) as client:
        with pytest.raises(error) as failure:
            client.submit("add", x=1, y=2, timeout=20)
        assert len(server.requests) == 1, "the deadline is before Retry-After"
        assert (failure.value.retry_after, failure.value.detail) == (60, "A detail")
        assert failure.value.task_id == TASK["task_id"]


def test_what_changes_something_more_is_not_sent_again(side: Side) -> None:
    with scripted(lambda _: iter([b"HTTP/1.1 200", CLOSE])) as server, side.client(server.url) as client:
        acts: list[Callable[[], Any]] = [
            lambda: client.purge("default"),
            lambda: client.create_key("ci", scopes=["read"]),
            lambda: client.rotate_key("ci"),
        ]
        for act in acts:
            before = len(server.requests)
            with pytest.raises(errors.ConnectionLost):
                act()
            assert len(server.requests) == before + 1


def test_a_lost_submission_names_the_key_that_makes_it_safe_to_repeat(side: Side) -> None:
    with scripted(lambda _: iter([b"HTTP/1.1 200", CLOSE])) as server, side.client(server.url) as client:
        with pytest.raises(errors.ConnectionLost) as failure:
            client.submit("add", x=1, y=2, timeout=0.5)
        assert f"{failure.value.idempotency_key}".encode() in server.requests[-1]
        assert len(server.requests) > 1


def test_a_proxy_that_is_overloaded_is_tried_again(side: Side) -> None:
    bad = reply("502 Bad Gateway", b"<html>nginx</html>", "Content-Type: text/html")
    with scripted(always(bad)) as server, side.client(server.url) as client:
        with pytest.raises(errors.Unavailable) as failure:
            client.queues(timeout=0.5)
        assert (failure.value.status, failure.value.type) == (502, None)
        assert len(server.requests) > 1


def test_a_server_that_does_not_let_anybody_wait_is_not_asked_all_the_time(side: Side) -> None:
    with scripted(always(reply("200 OK", json.dumps(TASK).encode(), JSON))) as server:
        with side.client(server.url) as client, pytest.raises(errors.TimedOut):
            client.task("x").wait(timeout=2.5)
        assert len(server.requests) <= 4
