"""Every refusal is a problem document, and every answer has a request id."""

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from redis import Redis

from celeriac.client.wire.problems import classes, problem_of
from celeriac.client.wire.request import Answer
from celeriac.stack.valkey import Valkey
from celeriac_api.response.errors import Problem
from lab.harness.servers import ALL_TASKS, API, running_api
from lab.harness.waiting import wait_until
from tests.http.access.keys import Locked, bearer
from tests.http.files import refused as files
from tests.support.apps import SECRET
from tests.support.door import document, run, submit
from tests.support.raw import post, response_to

ADD = {"x": 4, "y": 5}
SOLE = {"name": "unserved", "unique": {"key": "sole", "else": "refuse"}}
ALONE = {"name": "unserved", "concurrency": {"key": "alone", "limit": 1, "else": "refuse"}}
UNKNOWN = "/tasks/6f1e0c57-8a0d-4b7e-9c21-5d0b7e3f4a10"
TAKEN = "/tasks/6f1e0c57-8a0d-4b7e-9c21-5d0b7e3f4a11"
WITH_DECLARED = f"{ALL_TASKS},tests.http.schedules.yearly"
KINDS = {kind.code: kind for kind in Problem.__subclasses__()}


@pytest.fixture(scope="module")
def clients(
    client: httpx.Client,
    faulty: API,
    cut_off: httpx.Client,
    locked: Locked,
    valkey: Valkey,
    directory: Path,
) -> Iterator[Mapping[str, httpx.Client]]:
    """One that works, one with faults, one whose Redis is not there, one that it refuses, and one that it does not answer."""
    with (
        running_api(directory, redis_url=valkey.url.replace("//", "//:wrong@")) as refused,
        refused.client() as refused_client,
        Valkey(directory / "stuck") as stopped,
        Valkey(directory / "unsafe", options={"appendonly": "no"}) as forgetful,
        running_api(
            directory,
            redis_url=forgetful.url,
            max_queue_depth=1,
            max_schedules=1,
            tasks=WITH_DECLARED,
            files="/dev/null/files",
        ) as unsafe,
        unsafe.client() as unsafe_client,
        running_api(directory, redis_url=stopped.url) as stuck,
        faulty.client() as faulty_client,
        stuck.client() as stuck_client,
    ):
        # After its first round the keeper has everything connect anew.
        with Redis.from_url(stopped.url) as redis:
            wait_until(lambda: redis.exists("celeriac:kept"), what="a round of the keeper")
        assert stuck_client.post("/add", json=ADD).status_code == 202
        other_owner = locked.client_with("has-submit")
        assert other_owner.put(TAKEN, json={"name": "add", "input": ADD}).status_code == 202
        os.kill(stopped.pid, signal.SIGSTOP)
        yield {
            "works": client,
            "faulty": faulty_client,
            "cut off": cut_off,
            "locked": locked.client,
            "admin": locked.client_with("has-admin"),
            "limited": locked.client_with("limited"),
            "reader": locked.client_with("has-read"),
            "stuck": stuck_client,
            "unsafe": unsafe_client,
            "refused": refused_client,
        }
        stopped.kill()  # it would not hear that it is to stop


def failed_result(client: httpx.Client) -> httpx.Response:
    return client.get(run(client, "fail", message="x")["links"]["result"])


def gone_result(client: httpx.Client) -> httpx.Response:
    task = run(client, "add", **ADD)
    run(client, "delete_result", task_id=task["task_id"])
    return client.get(task["links"]["self"])


def forgotten(client: httpx.Client) -> httpx.Response:
    link = run(client, "add", **ADD)["links"]["self"]
    assert client.delete(link).status_code == 204
    return client.get(link)


def conflict(client: httpx.Client) -> httpx.Response:
    headers = {"Idempotency-Key": str(uuid4())}
    assert client.post("/add", json=ADD, headers=headers).status_code == 202
    return client.post("/add", json={**ADD, "x": 5}, headers=headers)


def new_batch(client: httpx.Client, *names: str) -> str:
    """The address of a batch of these tasks, which was just accepted."""
    response = client.post("/batches", json=[{"name": name} for name in names])
    assert response.status_code == 202, response.text
    return str(response.headers["location"])


def longer_batch(client: httpx.Client) -> httpx.Response:
    headers = {"Idempotency-Key": str(uuid4()), "Content-Type": "application/x-ndjson"}
    assert client.post("/batches", content=b"", headers=headers).status_code == 202
    return client.post("/batches", content=b'{"name": "unserved"}', headers=headers)


def forgotten_batch(client: httpx.Client) -> httpx.Response:
    link = new_batch(client)
    assert client.delete(link).status_code == 204
    return client.get(link)


def full(client: httpx.Client) -> httpx.Response:
    client.post("/add", json=ADD)
    return client.post("/add", json=ADD)


def too_many(client: httpx.Client) -> httpx.Response:
    schedule = {"submit": {"name": "add", "input": ADD}, "every": "P1D"}
    client.put("/schedules/first", json=schedule)
    return client.put("/schedules/second", json=schedule)


def too_many_endpoints(client: httpx.Client) -> httpx.Response:
    endpoint = {"url": "https://example.com/", "disabled": True}
    return [client.put(f"/webhooks/number-{number}", json=endpoint) for number in range(11)][-1]


def unfinished_delivery(client: httpx.Client) -> httpx.Response:
    notify = [{"url": "https://nowhere.example:9999/"}]
    task = document(client.post("/tasks", json={"name": "unserved", "notify": notify}))
    assert client.post(task["links"]["cancel"]).is_success
    (delivery,) = document(client.get(f"/deliveries?task_id={task['task_id']}"))["items"]
    return client.post(f"/deliveries/{delivery['delivery_id']}/retry")


def declared(client: httpx.Client) -> httpx.Response:
    wait_until(lambda: client.get("/schedules/yearly").is_success)
    return client.delete("/schedules/yearly")


# For each type of problem: who is asked, and what.
WAYS: dict[str, tuple[str, Callable[[httpx.Client], httpx.Response]]] = {
    # First: a minute after its Redis was stopped, the API knows no keys any more.
    "submission-in-doubt": ("stuck", lambda client: client.post("/add", json=ADD)),
    "malformed-json": ("works", files.malformed_json),
    "malformed-form": ("works", files.malformed_form),
    "files-unavailable": ("unsafe", files.large_file),
    "file-space-used-up": ("limited", files.file_without_room),
    "not-acceptable": ("works", files.result_of_another_type),
    "range-not-satisfiable": ("works", files.range_behind_the_end),
    "unauthenticated": ("locked", lambda client: client.get("/tasks")),
    "key-not-found": ("admin", lambda client: client.get("/keys/nobody")),
    "batch-not-found": ("works", lambda client: client.get(UNKNOWN.replace("tasks", "batches"))),
    "batch-not-ended": ("works", lambda client: client.delete(new_batch(client, "unserved"))),
    "batch-ended": ("works", lambda client: client.post(new_batch(client) + "/cancel")),
    "batch-complete": ("works", longer_batch),
    "batch-gone": ("works", forgotten_batch),
    "limit-not-found": ("works", lambda client: client.get("/limits/nothing")),
    "endpoint-not-found": ("works", lambda client: client.get("/webhooks/nobody")),
    "too-many-endpoints": ("unsafe", too_many_endpoints),
    "delivery-not-found": ("works", lambda client: client.get(UNKNOWN.replace("tasks", "deliveries"))),
    "delivery-not-ended": ("works", unfinished_delivery),
    "schedule-not-found": ("works", lambda client: client.get("/schedules/nobody")),
    "not-unique": ("works", lambda client: [client.post("/tasks", json=SOLE) for _ in range(2)][1]),
    "concurrency-limit": ("works", lambda client: [client.post("/tasks", json=ALONE) for _ in range(2)][1]),
    "key-exists": (
        "admin",
        lambda client: client.post("/keys", json={"name": "has-read", "scopes": ["read"]}),
    ),
    "schedule-declared": ("unsafe", declared),
    "too-many-schedules": ("unsafe", too_many),
    "key-in-file": ("admin", lambda client: client.delete("/keys/has-read")),
    "forbidden": ("reader", lambda client: client.post("/add", json=ADD)),
    "route-not-found": ("works", lambda client: client.get("/nothing/here")),
    "unknown-task-name": (
        "works",
        lambda client: client.post("/tasks", json={"name": "nobody", "input": {}}),
    ),
    "task-not-found": ("works", lambda client: client.get(UNKNOWN)),
    "method-not-allowed": ("works", lambda client: client.put("/add", json=ADD)),
    "task-not-succeeded": ("works", failed_result),
    "result-gone": ("works", gone_result),
    "task-ended": ("works", lambda client: client.post(run(client, "add", **ADD)["links"]["cancel"])),
    "task-not-ended": ("works", lambda client: client.post(submit(client, "unserved")["links"]["retry"])),
    "task-gone": ("works", forgotten),
    "task-id-taken": ("limited", lambda client: client.put(TAKEN, json={"name": "add", "input": ADD})),
    "limit-reached": ("limited", lambda client: client.get("/events")),
    "queue-full": ("unsafe", full),
    "idempotency-conflict": ("works", conflict),
    "dependency-not-found": (
        "works",
        lambda client: client.post(f"/add?after={UNKNOWN.removeprefix('/tasks/')}", json=ADD),
    ),
    "unknown-queue": ("works", lambda client: client.post("/queues/gpu/pause")),
    "redis-unsafe": ("unsafe", lambda client: client.get("/readyz")),
    "invalid-host": ("works", lambda client: response_to(client.base_url, post("/add", "Host: another"))),
    "target-too-long": ("works", lambda client: client.get("/livez", params={"x": "x" * 9_000})),
    "headers-too-large": ("works", lambda client: client.get("/livez", headers={"X-Large": "x" * 70_000})),
    "body-too-large": ("works", lambda client: client.post("/add", json={"x": "x" * 2**20})),
    "unsupported-media-type": ("works", lambda client: client.post("/add", content=b"x=4")),
    "invalid-input": ("works", lambda client: client.post("/add", json={"x": "4"})),
    "internal-error": ("faulty", lambda client: client.post("/add", json=ADD, headers={"X-Fault": "early"})),
    "redis-unavailable": ("cut off", lambda client: client.post("/add", json=ADD)),
    "redis-refuses": ("refused", lambda client: client.post("/add", json=ADD)),
    "provider-unavailable": (
        "locked",
        lambda client: client.get("/tasks", headers=bearer("eyJhbGciOiJSUzI1NiJ9.e30.e30")),
    ),
}


def test_every_type_of_problem_is_provoked_here() -> None:
    assert WAYS.keys() == KINDS.keys()


@pytest.mark.parametrize("code", WAYS)
def test_a_problem_is_told_as_its_type_says(code: str, clients: Mapping[str, httpx.Client]) -> None:
    who, ask = WAYS[code]
    response = ask(clients[who])
    problem = document(response)
    assert response.status_code == problem["status"] == KINDS[code].status
    assert response.headers["content-type"] == "application/problem+json"
    assert problem["type"] == f"urn:celeriac:problem:{code}"
    assert problem["title"] == KINDS[code].title
    assert problem["instance"] == response.request.url.path
    assert len(problem["detail"]) > 20
    assert len(response.headers["x-request-id"]) >= 16
    error = problem_of(Answer(response.status_code, response.headers, response.content))
    assert (error.status, error.type, error.request_id) == (
        response.status_code,
        code,
        response.headers["x-request-id"],
    )
    assert type(error) is classes()[code]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("unknown-task-name", ["'nobody'", "add", "primes"]),
        ("route-not-found", ["/nothing/here", "/docs"]),
        ("method-not-allowed", ["PUT", "/add", "POST"]),
        ("body-too-large", ["1048576 bytes", "CELERIAC_MAX_BODY_BYTES"]),
        ("unsupported-media-type", ["Content-Type: application/json"]),
        ("task-not-found", [UNKNOWN.removeprefix("/tasks/")]),
    ],
)
def test_a_problem_says_what_it_met_and_what_to_do(
    code: str, words: list[str], clients: Mapping[str, httpx.Client]
) -> None:
    who, ask = WAYS[code]
    detail = document(ask(clients[who]))["detail"]
    assert [word for word in words if word not in detail] == []


def test_input_that_does_not_fit_is_pointed_at(client: httpx.Client) -> None:
    problem = document(client.post("/add", json={"x": "4", "z": 1, "a/b~c": 2}))
    pointers = {error["pointer"]: error["detail"] for error in problem["errors"]}
    assert pointers.keys() == {"/x", "/y", "/z", "/a~1b~0c"}
    assert '"4"' in pointers["/x"]


def test_input_that_does_not_fit_is_pointed_at_however_deep_it_is(client: httpx.Client) -> None:
    person = {"name": "A", "born": "1815-12-10", "address": {"street": 7, "since": "1835-07-08"}}
    problem = document(client.post("/give_back", json={"person": person}))
    assert [error["pointer"] for error in problem["errors"]] == ["/person/address/street"]


def test_input_by_name_is_pointed_at_in_the_body_as_it_was_sent(client: httpx.Client) -> None:
    problem = document(client.post("/tasks", json={"name": "add", "input": {"x": 4, "y": []}}))
    assert [error["pointer"] for error in problem["errors"]] == ["/input/y"]


def test_a_long_value_is_not_repeated_in_full(client: httpx.Client) -> None:
    response = client.post("/add", json={"x": "x" * 100_000, "y": {"a": ["b"] * 10_000}})
    assert response.status_code == 422
    assert len(response.content) < 2_000


@pytest.mark.parametrize("wait", ["", "?wait=1"])
@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PATCH", "/tasks", "GET, HEAD, POST"),
        ("DELETE", "/tasks", "GET, HEAD, POST"),
        ("POST", UNKNOWN, "DELETE, GET, HEAD, PUT"),
        ("DELETE", UNKNOWN + "/result", "GET, HEAD"),
        ("GET", "/primes", "POST"),
        ("PATCH", "/livez", "GET, HEAD"),
        ("OPTIONS", "/readyz", "GET, HEAD"),
    ],
)
def test_a_method_that_a_path_does_not_have_is_refused_with_those_that_it_has(
    client: httpx.Client, method: str, path: str, allowed: str, wait: str
) -> None:
    response = client.request(method, path + wait)
    assert response.status_code == 405
    assert response.headers["allow"] == allowed


def test_all_methods_of_a_path_are_named(faulty: API) -> None:
    with faulty.client() as client:
        response = client.delete("/add")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD, POST")


def test_files_of_the_documentation_are_read_only_and_nothing_beside_them_is_served(
    client: httpx.Client,
) -> None:
    response = client.post("/static/docs/swagger-ui.css")
    assert response.status_code == 405
    assert "GET" in response.headers["allow"]
    for path in (
        "/static/docs/../../etc/passwd",
        "/static/docs/%2e%2e/%2e%2e/__init__.py",
        "/static/docs/nothing",
    ):
        response = client.get(f"{client.base_url}{path}")
        assert response.status_code == 404
        assert document(response)["type"] == "urn:celeriac:problem:route-not-found"


def test_a_fault_is_told_without_its_secrets_and_logged_with_the_request_s_id(faulty: API) -> None:
    with faulty.client() as client:
        response = client.post("/add", json=ADD, headers={"X-Fault": "early", "X-Request-ID": "my-fault"})
    assert response.status_code == 500
    assert SECRET not in response.text
    assert "my-fault" in document(response)["detail"]
    story = faulty.log.partition("my-fault")[2]
    assert SECRET in story
    assert "Traceback" in story


def test_a_fault_in_the_middle_of_an_answer_ends_the_connection_and_not_the_server(faulty: API) -> None:
    with faulty.client() as client:
        with pytest.raises(httpx.RemoteProtocolError):
            client.get("/livez", headers={"X-Fault": "late"})
        assert client.get("/livez").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/add", 202),
        ("GET", "/livez", 200),
        ("GET", "/docs", 200),
        ("GET", "/openapi.json", 200),
        ("GET", UNKNOWN, 404),
        ("GET", "/nothing", 404),
        ("PUT", "/add", 405),
        ("GET", "/static/docs/swagger-ui.css", 200),
    ],
)
def test_every_answer_has_a_request_id_and_the_caller_s_own_is_kept(
    client: httpx.Client, method: str, path: str, status: int
) -> None:
    for mine in ({}, {"X-Request-ID": "mine.1_A-z"}):
        response = client.request(method, path, json=ADD if method == "POST" else None, headers=mine)
        assert response.status_code == status
        assert len(response.headers.get_list("x-request-id")) == 1
    assert response.headers["x-request-id"] == "mine.1_A-z"


@pytest.mark.parametrize(
    "hostile",
    ["", "x" * 129, "a b", "a,b", "a;b", '"quoted"', "<script>", "%0d%0aSet-Cookie:x", "🥬", "\xff", "a\tb"],
)
def test_a_request_id_that_could_do_harm_is_replaced(client: httpx.Client, hostile: str) -> None:
    response = client.get("/livez", headers={b"X-Request-ID": hostile.encode()})
    assert response.status_code == 200
    assert UUID(response.headers["x-request-id"]).version == 4


def test_requests_without_an_id_each_get_their_own(client: httpx.Client) -> None:
    assert len({client.get("/livez").headers["x-request-id"] for _ in range(50)}) == 50


def test_a_304_and_a_202_have_a_request_id_too(client: httpx.Client) -> None:
    task = run(client, "add", **ADD)
    response = client.get(task["links"]["self"], headers={"If-None-Match": "*"})
    assert response.status_code == 304
    assert response.headers["x-request-id"]
