"""The head of a request: HEAD, hosts, encodings, unread bodies, doubled headers."""

import gzip

import httpx
import pytest
from redis import Redis

from tests.support.door import document, problem_of, run, submit
from tests.support.raw import exchange, post, response_to
from tests.support.stored import stored

JSON = {"Content-Type": "application/json"}
GOOD = b'{"x":4,"y":5}'
UNKNOWN = "/tasks/6f1e0c57-8a0d-4b7e-9c21-5d0b7e3f4a10"


@pytest.mark.parametrize(
    "path",
    [
        *("/livez", "/readyz", "/tasks", "/queues", "/workers", "/catalog", "/docs", "/openapi.json", "/"),
        *(UNKNOWN, "/nothing", "/static/page/app.js", "/queues/default/rejected", "/tasks?limit=0"),
    ],
)
def test_head_is_answered_as_get_is_without_the_body(path: str, client: httpx.Client) -> None:
    got, asked = client.get(path), client.head(path)
    assert (asked.status_code, asked.content) == (got.status_code, b"")
    assert asked.headers["content-type"] == got.headers["content-type"]


def test_head_of_a_task_has_its_etag_and_length(client: httpx.Client) -> None:
    task = run(client, "add", x=4, y=5)
    got = client.get(task["links"]["self"])
    asked = client.head(task["links"]["self"])
    for name in ("etag", "content-length", "cache-control"):
        assert asked.headers[name] == got.headers[name]
    assert client.head(task["links"]["result"]).status_code == 200
    assert client.head(task["links"]["events"]).headers["content-type"].startswith("text/event-stream")


def test_head_of_a_stream_without_an_end_ends(client: httpx.Client) -> None:
    response = client.head("/events")
    assert (response.status_code, response.content) == (200, b"")
    assert client.get("/livez").status_code == 200


def test_head_is_counted_by_its_route(client: httpx.Client) -> None:
    client.head("/tasks")
    numbers = client.get("/metrics").text
    assert 'celeriac_http_requests_total{method="HEAD",route="/tasks",status="200"}' in numbers


def test_methods_that_nobody_serves_count_as_one(client: httpx.Client) -> None:
    for method in ("PROPFIND", "LOCK"):
        assert client.request(method, "/tasks").status_code == 405
    numbers = client.get("/metrics").text
    assert 'method="OTHER"' in numbers
    assert "PROPFIND" not in numbers


def test_head_is_not_served_where_get_is_not(client: httpx.Client) -> None:
    response = client.head("/add")
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, identity", "nonsense"])
def test_an_encoded_body_is_refused(encoding: str, quiet: httpx.Client, quiet_redis: Redis) -> None:
    for body in (GOOD, gzip.compress(GOOD)):
        response = quiet.post("/add", content=body, headers={**JSON, "Content-Encoding": encoding})
        assert problem_of(response) == (415, "unsupported-media-type")
        assert encoding in document(response)["detail"]
        assert response.headers["accept-encoding"] == "identity"
    assert not stored(quiet_redis)


def test_a_body_that_is_said_to_be_as_it_is_is_taken(quiet: httpx.Client) -> None:
    for encoding in ("identity", ""):
        response = quiet.post("/add", content=GOOD, headers={**JSON, "Content-Encoding": encoding})
        assert response.status_code == 202


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["GET /livez HTTP/1.1", "Host: a"], 200),
        (["GET /livez HTTP/1.1", "Host: a", "Host: b"], 400),
        (["GET /livez HTTP/1.1", "Host: a", "Host: a"], 400),
        (["GET /livez HTTP/1.1"], 400),
        (["POST /add HTTP/1.1", "Content-Length: 0"], 400),
        (["GET /static/page/app.js HTTP/1.1"], 400),
        (["GET /livez HTTP/1.0"], 200),
        (["GET /livez HTTP/1.0", "X-Two: a", "X-Two: b"], 200),
        (["GET /livez HTTP/1.1", "X-Two: a", "X-Two: b"], 400),
        (["GET /livez HTTP/1.0", "Host: a", "Host: b"], 400),
    ],
    ids=str,
)
def test_a_request_names_one_host(lines: list[str], status: int, quiet: httpx.Client) -> None:
    request = "\r\n".join([*lines, "Connection: close", "", ""]).encode()
    response = response_to(quiet.base_url, request)
    assert response.status_code == status
    if status == 400:
        assert document(response)["type"] == "urn:celeriac:problem:invalid-host"


@pytest.mark.parametrize("header", ["Idempotency-Key", "Content-Type", "Authorization", "Last-Event-ID"])
def test_a_header_that_is_given_twice_where_one_is_meant_is_refused(
    header: str, quiet: httpx.Client, quiet_redis: Redis
) -> None:
    length = f"Content-Length: {len(GOOD)}"
    request = post("/add", f"{header}: application/json", f"{header}: b", length, body=GOOD)
    response = response_to(quiet.base_url, request)
    assert problem_of(response) == (422, "invalid-input")
    assert document(response)["errors"][0]["pointer"] == header
    assert not stored(quiet_redis)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(
            ("GET", path)
            for path in ("/livez", "/tasks", UNKNOWN, "/events", "/queues", "/catalog", "/metrics")
        ),
        *(("POST", f"/queues/default/{act}") for act in ("pause", "resume", "purge")),
        ("DELETE", UNKNOWN),
        ("HEAD", "/tasks"),
    ],
)
def test_a_route_that_uses_no_body_refuses_one(method: str, path: str, quiet: httpx.Client) -> None:
    submit(quiet, "add", x=1, y=2)
    response = quiet.request(method, path, content=b"{}", headers=JSON)
    assert response.status_code == 422
    if method != "HEAD":
        assert problem_of(response) == (422, "invalid-input")
        assert "accepts no body" in document(response)["detail"]
    with quiet.stream(method, path, headers={"Content-Length": "0"}) as empty:
        assert empty.status_code != 422


@pytest.mark.parametrize(
    "path",
    [
        *("/tasks?limit=1&limit=2", "/tasks?cursor=MQ&cursor=MQ", "/tasks?created_after=x&created_after=y"),
        *(UNKNOWN + "?wait=1&wait=1", "/queues/default/rejected?limit=1&limit=1"),
    ],
)
def test_a_parameter_that_is_given_twice_where_one_is_meant_is_refused(
    path: str, quiet: httpx.Client
) -> None:
    response = quiet.get(path)
    assert problem_of(response) == (422, "invalid-input")
    name = path.partition("?")[2].partition("=")[0]
    assert document(response)["errors"][0]["pointer"] == f"?{name}"


@pytest.mark.parametrize("name", ["delay", "eta", "expires", "wait"])
def test_an_option_that_is_given_twice_is_refused(name: str, quiet: httpx.Client, quiet_redis: Redis) -> None:
    response = quiet.post(f"/add?{name}=1&{name}=1", content=GOOD, headers=JSON)
    assert problem_of(response) == (422, "invalid-input")
    assert 'given: "2 times"' in document(response)["detail"]
    assert not stored(quiet_redis)


def test_a_refused_body_leaves_the_connection_in_order(quiet: httpx.Client) -> None:
    refused = b"GET /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"
    good = b"GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    answers = exchange(quiet.base_url, refused + good)
    assert [answers.count(b"HTTP/1.1 %d " % status) for status in (422, 200)] == [1, 1]
