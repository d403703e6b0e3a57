"""Where a client connects to, and what of that it shows."""

import asyncio
import json
import logging
import pickle
import ssl
import time
import traceback
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from celeriac.client import AsyncClient, Client, errors
from celeriac.client.profiles import Profile, write_profile
from lab.harness.servers import API
from tests.client.scripted import reply, scripted
from tests.client.sides import Side
from tests.client.test_wrong_servers import JSON, TASK, always

KEY = "clrc_" + "x" * 49


def test_the_address_is_the_argument_or_the_environment_or_the_profile(
    side: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert side.client().base_url == "http://127.0.0.1:8000"
    write_profile(Profile("work", "https://work.example/jobs", KEY))
    assert side.client().base_url == "https://work.example/jobs"
    monkeypatch.setenv("CELERIAC_URL", "http://env.example:81/")
    assert side.client().base_url == "http://env.example:81"
    assert side.client("http://argument.example").base_url == "http://argument.example"
    assert side.client(profile="work").base_url == "https://work.example/jobs"
    monkeypatch.setenv("CELERIAC_PROFILE", "work")
    assert side.client().base_url == "http://env.example:81"


def key_sent(server: Any, client: Any) -> str | None:
    """The key in the next request, which this client sends."""
    client.get("x")
    lines = server.requests[-1].decode().split("\r\n")
    return next((line.split(" ")[-1] for line in lines if line.lower().startswith("authorization:")), None)


def test_the_key_of_a_profile_is_sent_to_its_address_alone(
    side: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scripted(always(reply("200 OK", json.dumps(TASK).encode(), JSON))) as server:
        write_profile(Profile("here", server.url, KEY))
        write_profile(Profile("elsewhere", "http://elsewhere.example", "clrc_elsewhere"))
        assert key_sent(server, side.client()) == KEY
        assert key_sent(server, side.client(f"{server.url}/")) == KEY
        assert key_sent(server, side.client(server.url, profile="elsewhere")) is None
        assert key_sent(server, side.client(server.url, key="clrc_argument")) == "clrc_argument"
        monkeypatch.setenv("CELERIAC_KEY", "clrc_environment")
        assert key_sent(server, side.client()) == "clrc_environment"
        assert key_sent(server, side.client(profile="here")) == KEY


def test_a_key_is_never_shown(side: Side, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with (
        scripted(
            always(reply("401 Unauthorized", b"{}", "Content-Type: application/problem+json"))
        ) as server,
        side.client(server.url, key=KEY) as client,
        pytest.raises(errors.Problem) as failure,
    ):
        client.get("x")
    with (
        side.client("http://127.0.0.1:9", key=KEY, away=0) as client,
        pytest.raises(errors.Unreachable) as lost,
    ):
        client.get("x")
    with pytest.raises(ValueError, match="space") as wrong:
        side.client(key=f"{KEY} ")
    shown = [repr(client), caplog.text]
    for error in (failure, lost, wrong):
        shown += [repr(error.value), *traceback.format_exception(error.value)]
    assert KEY not in "".join(shown)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("localhost:8010", "is not an address such as http://localhost:8010"),
        ("jobs.example", "is not an address such as http://jobs.example"),
        ("ftp://x", "is not an address"),
        ("http://user:hunter2@x", "contains a user or password"),
        ("http://x/?a=b", "contains a query"),
        ("http://x:99999", "is not an address"),
        ("ftp://user:hunter2@x", "is not an address"),
    ],
)
def test_a_wrong_address_is_refused_without_its_password(side: Side, address: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as wrong:
        side.client(address)
    assert "hunter2" not in str(wrong.value)


def test_a_request_that_is_cancelled_at_any_moment_is_in_the_way_of_no_other(side: Side) -> None:
    if side.name == "sync":
        pytest.skip("a blocking call is not cancelled")

    async def cancel_after(steps: int, url: str) -> None:
        async with AsyncClient(url) as client:
            asking = asyncio.create_task(client.get("x"))
            for _ in range(steps):
                await asyncio.sleep(0)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            assert (await client.get("x", timeout=60)).state == "queued"

    with scripted(always(reply("200 OK", json.dumps(TASK).encode(), JSON))) as server:
        for steps in range(30):
            side.run(asyncio.wait_for(cancel_after(steps, server.url), 50))


class SlowHead(httpx.BaseTransport):
    """Takes a while for the head of each response; its body tells how long a part of it may take."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Called by the HTTP library."""
        time.sleep(0.2)

        def body() -> Iterator[bytes]:
            yield json.dumps({**TASK, "result": request.extensions["timeout"]["read"]}).encode()

        return httpx.Response(200, headers={"Content-Type": "application/json"}, content=body())


def test_head_and_body_of_an_answer_have_one_deadline_together() -> None:
    with Client("http://celeriac.example", transport=SlowHead()) as client:
        assert client.get("x", timeout=8).document["result"] <= 7.8


def test_an_http_client_of_the_user_is_used_as_it_is_and_stays_open(api: API, side: Side) -> None:
    seen: list[str] = []
    url = f"http://127.0.0.1:{api.port}"
    if side.name == "sync":
        http: Any = httpx.Client(
            base_url=url,
            headers={"X-Request-ID": "ours-1"},
            event_hooks={"request": [lambda r: seen.append(r.headers["x-request-id"])]},
        )
    else:

        async def note(request: httpx.Request) -> None:
            seen.append(request.headers["x-request-id"])

        http = httpx.AsyncClient(
            base_url=url, headers={"X-Request-ID": "ours-1"}, event_hooks={"request": [note]}
        )
    with side.client(http=http) as client:
        assert client.base_url == url
        assert client.run("add", x=4, y=5) == 9
        with pytest.raises(errors.TaskNotFound) as failure:
            client.get("00000000-0000-4000-8000-000000000000")
    assert failure.value.request_id == "ours-1"
    assert set(seen) == {"ours-1"}
    assert not http.is_closed
    with pytest.raises(TypeError, match="Give transport and event_hooks to your own HTTP client"):
        side.client(http=http, transport=httpx.MockTransport(lambda _: httpx.Response(200)), event_hooks={})


def test_transport_headers_and_hooks_of_the_user_are_used(side: Side) -> None:
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json={"items": []})

    with side.client(transport=httpx.MockTransport(answer), headers={"X-Team": "shop"}) as client:
        assert client.queues() == []
    assert requests[0].headers["x-team"] == "shop"
    assert requests[0].headers["user-agent"].startswith("celeriac/")


def test_a_wrong_certificate_is_reported_at_once() -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        try:
            raise ssl.SSLCertVerificationError("certificate has expired")
        except ssl.SSLError as cause:
            raise httpx.ConnectError("certificate verify failed") from cause

    with (
        Client("https://x.example", transport=httpx.MockTransport(refuse)) as client,
        pytest.raises(errors.Unreachable, match="certificate verify failed") as failure,
    ):
        client.queues()
    assert not failure.value.can_pass


def test_the_trace_of_the_caller_goes_along(side: Side) -> None:
    trace = pytest.importorskip("opentelemetry.trace")
    context = trace.SpanContext(trace_id=7, span_id=8, is_remote=False, trace_flags=trace.TraceFlags(1))
    ended = {**TASK, "state": "succeeded", "ready": True, "successful": True, "result": 3}
    with (
        scripted(always(reply("202 Accepted", json.dumps(ended).encode(), JSON))) as server,
        side.client(server.url) as client,
    ):
        client.submit("add", x=1, y=2)
        assert b"traceparent" not in server.requests[0].lower()
        with trace.use_span(trace.NonRecordingSpan(context)):
            client.submit("add", x=1, y=2)
            assert [outcome.result() for outcome in client.map("add", [{}])] == [3]
    expected = b"traceparent: 00-00000000000000000000000000000007-0000000000000008-01"
    assert expected in server.requests[1]
    assert expected in server.requests[2]


def test_the_name_of_a_task_cannot_lead_to_another_route(side: Side) -> None:
    with side.client("http://127.0.0.1:9") as client:
        for name in ("keys", "tasks", "", ".."):
            with pytest.raises(ValueError, match="cannot be"):
                client.submit(name)
    with (
        scripted(always(reply("202 Accepted", json.dumps(TASK).encode(), JSON))) as server,
        side.client(server.url) as client,
    ):
        client.submit("queues/default/purge?x=")
        assert server.requests[0].startswith(b"POST /queues%2Fdefault%2Fpurge%3Fx%3D HTTP")


def test_errors_are_pickled_with_all_they_know(side: Side) -> None:
    task = side.client().task("i")
    members = {"task_id": "i", "task": task.thing if side.name == "async" else task, "document": {}}
    failed = errors.TaskFailed("E: x", type="E", reason="x", traceback=None, **members)
    again = pickle.loads(pickle.dumps(failed))  # noqa: S301 - it was pickled here
    assert (again.task_id, again.type, again.task.id, str(again)) == ("i", "E", "i", "E: x")


def test_an_input_without_names_is_refused_with_the_way_to_write_it(side: Side) -> None:
    with side.client("http://127.0.0.1:9") as client:
        for wrong in ((4, 5), ({"x": 4, "y": 5},)):
            with pytest.raises(TypeError, match=r"as in run\('add', x=4, y=5\), or as input=\{"):
                client.run("add", *wrong)


def test_what_is_no_timeout_and_what_is_no_input_are_named(side: Side) -> None:
    with side.client("http://127.0.0.1:9") as client:
        with pytest.raises(TypeError, match=r"a number of seconds, not '5'"):
            client.run("add", x=4, y=5, timeout="5")
        with pytest.raises(errors.InputNotJSON, match=r"a mapping of the names of parameters.*not \(4, 5\)"):
            client.run("add", input=(4, 5))
        assert isinstance(next(iter(client.map("add", [(4, 5)]))).error, errors.InputNotJSON)


def test_where_no_server_is_the_traceback_has_no_lines_of_the_http_libraries(side: Side) -> None:
    with (
        side.client("http://127.0.0.1:9", timeout=0.1) as client,
        pytest.raises(errors.Unreachable) as failure,
    ):
        client.run("add", x=4, y=5)
    text = "".join(traceback.format_exception(failure.value))
    assert "ConnectError" in text
    assert "httpcore/" not in text
    assert "httpx/" not in text
