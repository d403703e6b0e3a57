"""Batches whose body is broken, hostile or cut off, and servers that die."""

import gzip
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from redis import Redis

from celeriac.stack.valkey import Valkey
from lab.harness.memory import resident_bytes
from lab.harness.servers import API, running_api, running_worker
from lab.harness.waiting import wait_until
from tests.http.access.keys import locked_api
from tests.http.batches.test_batches import LINES, add, at_end, batch_of, of_lines, post
from tests.support.door import document, problem_of

ONE = of_lines(add())


@pytest.fixture(scope="module")
def lonely(new_database: Any, directory: Path) -> Iterator[API]:
    """An API without a worker, which tests may kill."""
    with running_api(directory, redis_url=new_database()) as api:
        yield api


@pytest.mark.parametrize(
    ("body", "total"),
    [
        (b"", 0),
        (b"\n \r\n\n", 0),
        (ONE.rstrip(), 1),
        (ONE.replace(b"\n", b"\r\n") * 3, 3),
        (b"\n" + ONE + b"\n\n" + ONE, 2),
    ],
)
@pytest.mark.usefixtures("quiet_redis")
def test_line_ends_and_blank_lines_do_not_matter(body: bytes, total: int, quiet: httpx.Client) -> None:
    batch = batch_of(quiet.post("/batches", content=body, headers=LINES))
    assert (batch["total"], batch["complete"]) == (total, True)


@pytest.mark.parametrize(
    ("line", "status", "kind"),
    [
        (b'{"name": "add", "input": {"x": 1, "y": "\xff"}}', 400, "malformed-json"),
        (b'{"name": "add"', 400, "malformed-json"),
        (b'{"name": "add", "name": "add"}', 400, "malformed-json"),
        (b'{"name": "add", "input": {"x": 1', 400, "malformed-json"),
        (b'{"name": "add", "input": {"x": NaN, "y": 1}}', 400, "malformed-json"),
        (b'"y": 2}}', 400, "malformed-json"),
        (ONE.rstrip() + b"," + ONE.rstrip(), 400, "malformed-json"),
        (b"[]", 422, "invalid-input"),
        (b"null", 422, "invalid-input"),
        (b'{"name": "nobody"}', 404, "unknown-task-name"),
        (b'{"name": "add", "input": {"x": 4, "y": 5}, "as": "two words"}', 422, "invalid-input"),
        (b'{"name": "add", "input": {"x": 4, "y": 5}, "as": "first"}', 422, "invalid-input"),
        (b'{"name": "add", "input": {"x": 4, "y": 5}, "after": ["later"]}', 422, "invalid-input"),
        (b'{"name": "add", "input": {"x": 4, "y": 5}, "queue": "nobody"}', 422, "invalid-input"),
        (b'{"name": "add", "input": {"x": 4, "y": 5}, "who": 1}', 422, "invalid-input"),
        (b'{"name": "add", "input": {"x": 4, "y": %b}}' % (b"[" * 100 + b"]" * 100), 422, "invalid-input"),
        (b'{"name": "add", "input": {"x": 4, "y": %b}}' % (b"[" * 5000 + b"]" * 5000), 422, "invalid-input"),
        (b'{"name": "add", "input": {"x": 4, "y": {"__type__": 1, "__value__": 2}}}', 422, "invalid-input"),
    ],
)
@pytest.mark.usefixtures("quiet_redis")
def test_a_line_that_is_refused_names_its_number_and_nothing_after_it_is_accepted(
    line: bytes, status: int, kind: str, quiet: httpx.Client
) -> None:
    named = of_lines(add(**{"as": "first"}))
    body = named + ONE + b"\n" + line + b"\n" + ONE * 3
    response = quiet.post("/batches", content=body, headers=LINES)
    problem = document(response)
    assert problem_of(response) == (status, kind), problem
    assert (problem["line"], problem["accepted"]) == (4, 2)
    assert document(quiet.get(f"/batches/{problem['batch_id']}"))["total"] == 2


@pytest.mark.usefixtures("quiet_redis")
def test_what_is_no_batch_is_refused(quiet: httpx.Client) -> None:
    packed = quiet.post("/batches", content=gzip.compress(ONE), headers={**LINES, "Content-Encoding": "gzip"})
    assert problem_of(packed) == (415, "unsupported-media-type")
    other = quiet.post("/batches", content=ONE, headers={"Content-Type": "text/csv"})
    assert "application/x-ndjson" in document(other)["detail"]
    for body, status in ((b"", 400), (b"{}", 422), (b"[1", 400), (b"[1]", 422), (b"[" * 100_000, 422)):
        response = quiet.post("/batches", content=body, headers={"Content-Type": "application/json"})
        assert response.status_code == status, body[:10]
    twice = post(quiet, add(**{"as": "a"}), add(**{"as": "a"}))
    assert document(twice)["errors"][0]["pointer"] == "/1/as"
    later = post(quiet, add(after=["b"]), add(**{"as": "b"}))
    assert "no earlier item has this one" in document(later)["detail"]


def test_a_line_that_is_too_long_is_not_kept(lonely: API) -> None:
    def body() -> Iterator[bytes]:
        yield ONE
        for _ in range(1600):
            yield b"x" * 65_536

    with lonely.client() as client:
        before = resident_bytes(lonely.pid)
        with suppress(httpx.WriteError):
            response = client.post("/batches", content=body(), headers=LINES)
            assert problem_of(response) == (413, "body-too-large")
            assert document(response)["line"] == 2
        assert resident_bytes(lonely.pid) - before < 30_000_000


def test_what_was_accepted_before_a_break_stays_and_the_key_goes_on(lonely: API) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    begun = threading.Event()

    def cut() -> Iterator[bytes]:
        yield ONE * 120
        begun.wait(60)
        raise ConnectionError

    def batch() -> dict[str, Any]:
        return dict(document(client.get("/batches", params={"limit": 1}))["items"][0])

    with lonely.client() as client, lonely.client() as sender, ThreadPoolExecutor() as pool:
        sending = pool.submit(sender.post, "/batches", content=cut(), headers={**LINES, **key})
        wait_until(lambda: batch()["total"] == 120)
        begun.set()
        assert sending.exception(60) is not None
        assert (batch()["complete"], batch()["ready"]) == (False, False)
        whole = batch_of(client.post("/batches", content=ONE * 150, headers={**LINES, **key}))
        assert (whole["total"], whole["complete"], whole["batch_id"]) == (150, True, batch()["batch_id"])


def test_an_array_whose_server_is_killed_is_accepted_as_a_whole_or_not_at_all(
    own_url: str, own_redis: Redis, tmp_path: Path
) -> None:
    items = json.dumps([add(number, 1) for number in range(10_000)]).encode()
    headers = {"Content-Type": "application/json"}
    with running_api(tmp_path, redis_url=own_url) as killed, ThreadPoolExecutor() as pool:
        with killed.client() as client:
            sending = pool.submit(client.post, "/batches", content=items, headers=headers)
            wait_until(lambda: own_redis.exists("celeriac:batches-staged"))
            killed.kill()
            assert sending.exception(60) is not None
        assert own_redis.llen("default") < 10_000
        with running_worker(tmp_path, "-Q", "unserved", redis_url=own_url):  # its keeper goes on
            wait_until(lambda: own_redis.llen("default") == 10_000)
        killed.restart_if_ended()
        with killed.client() as client:
            wait_until(lambda: _is_up(client), what="the start")
            (batch,) = document(client.get("/batches"))["items"]
            assert (batch["total"], batch["counts"]["queued"], batch["complete"]) == (10_000, 10_000, True)
        left = {key.decode() for key in own_redis.scan_iter("celeriac:batch*stage*")}
        assert left == set()


def test_lines_whose_server_is_killed_are_accepted_once_when_they_are_sent_again(
    own_url: str, own_redis: Redis, tmp_path: Path
) -> None:
    headers = {**LINES, "Idempotency-Key": "again"}
    body = of_lines(*(add(number, 1) for number in range(5_000)))
    with running_api(tmp_path, redis_url=own_url) as api, ThreadPoolExecutor() as pool:
        with api.client() as client:
            sending = pool.submit(client.post, "/batches", content=body, headers=headers)
            wait_until(lambda: own_redis.llen("default"))
            api.kill()
            assert sending.exception(60) is not None
        assert 0 < own_redis.llen("default") < 5_000
        api.restart_if_ended()
        with api.client() as client:
            wait_until(lambda: _is_up(client), what="the start")
            batch = batch_of(client.post("/batches", content=body, headers=headers))
            assert (batch["total"], batch["complete"]) == (5_000, True)
        assert own_redis.llen("default") == 5_000


def _is_up(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").is_success
    except httpx.HTTPError:
        return False


def test_lines_wait_for_a_rate_and_an_array_is_refused(own_url: str, tmp_path: Path) -> None:
    with locked_api(own_url, tmp_path, rate=200, burst=20) as api:
        client = api.client_with("has-submit")
        assert problem_of(post(client, *[add()] * 60)) == (429, "limit-reached")
        batch = batch_of(post(client, *[add()] * 60, way="lines"))
        assert (batch["total"], batch["complete"], batch["owner"]) == (60, True, "has-submit")


def test_a_batch_runs_on_two_servers(tmp_path: Path) -> None:
    with Valkey(tmp_path / "broker") as broker, Valkey(tmp_path / "backend") as backend:
        servers = {"broker_url": broker.url, "result_backend": backend.url}
        with (
            running_api(tmp_path, **servers) as api,
            api.client() as client,
            running_worker(tmp_path, **servers),
        ):
            items = [add(**{"as": "a"}), *[add()] * 80, *[add(after=["a"])] * 80]
            for way in ("array", "lines"):
                batch = batch_of(post(client, *items, way=way))
                follower = document(client.post("/tasks", json={**add(), "after": [batch["batch_id"]]}))
                end = at_end(client, batch)
                assert (end["counts"]["succeeded"], end["successful"]) == (161, True)
                assert document(client.get(f"/tasks/{follower['task_id']}", params={"wait": 30}))["ready"]
