"""Who is let in, who is refused, and how fast a change holds."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product
from pathlib import Path

import httpx
import pytest

from celeriac.command.keys import actions
from lab.harness.servers import API, running_api
from lab.harness.waiting import wait_until
from tests.http.access.keys import bearer, file_key, stored, stored_key, write_keys
from tests.support.door import document, problem_of

ADD = {"x": 4, "y": 5}
# Within this many seconds a change is known to every process.
SOON = 5


@pytest.fixture(scope="module")
def url(new_database: Callable[[], str]) -> str:
    """A database with keys."""
    return new_database()


@pytest.fixture(scope="module")
def admin(url: str) -> str:
    """The secret of the first key."""
    return stored_key(url, "boss", "admin")


@pytest.fixture(scope="module")
def api(url: str, admin: str, directory: Path) -> Iterator[API]:  # noqa: ARG001 - the key is there first
    """An API that knows it."""
    with running_api(directory, redis_url=url) as server:
        yield server


@pytest.fixture(scope="module")
def door(api: API) -> Iterator[httpx.Client]:
    """A client of it, without a key."""
    with api.client() as client:
        yield client


def challenge_of(response: httpx.Response) -> str:
    """What the answer asks for."""
    return response.headers["www-authenticate"]


def test_without_a_key_nobody_learns_which_routes_and_definitions_there_are(
    door: httpx.Client, admin: str
) -> None:
    for method, path in (
        ("GET", "/add"),
        ("GET", "/nothing"),
        ("POST", "/ad"),
        ("DELETE", "/queues"),
        ("GET", "/tasks/"),
    ):
        refused = door.request(method, path)
        assert problem_of(refused) == (401, "unauthenticated"), path
        assert "/add" not in document(refused)["detail"].removesuffix(path)
    assert problem_of(door.get("/add", headers=bearer(admin))) == (405, "method-not-allowed")
    assert "Did you mean 'add'?" in document(door.post("/ad", headers=bearer(admin)))["detail"]


def test_without_a_key_nothing_but_health_the_page_and_the_docs_is_there(door: httpx.Client) -> None:
    for path in ("/livez", "/readyz", "/", "/static/page/app.js", "/docs", "/openapi.json"):
        assert door.get(path).status_code == 200, path
    for path in ("/tasks", "/queues", "/metrics", "/catalog", "/events"):
        refused = door.get(path)
        assert problem_of(refused) == (401, "unauthenticated")
        assert challenge_of(refused) == 'Bearer realm="celeriac"'
    assert "`Authorization: Bearer clrc_…`" in document(door.post("/add", json=ADD))["detail"]
    assert problem_of(door.post("/livez")) == (405, "method-not-allowed")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda secret: f"Bearer {secret[:-1]}", "mistyped, or cut off"),
        (lambda secret: f"Bearer {secret}x", "mistyped, or cut off"),
        (lambda _: "Bearer", "mistyped, or cut off"),
        (lambda _: "Bearer ~", "mistyped, or cut off"),
        (lambda secret: f"Basic {secret}", "another scheme"),
        (lambda secret: secret, "another scheme"),
    ],
)
def test_a_header_that_holds_no_key_is_refused_without_being_quoted(
    door: httpx.Client, admin: str, spoil: Callable[[str], str], words: str
) -> None:
    refused = door.get("/tasks", headers={"Authorization": spoil(admin)})
    assert problem_of(refused) == (401, "unauthenticated")
    assert challenge_of(refused) == 'Bearer realm="celeriac", error="invalid_token"'
    assert words in document(refused)["detail"]
    assert admin[5:40] not in refused.text


def test_a_key_is_taken_from_the_header_alone(door: httpx.Client, admin: str) -> None:
    assert door.get("/tasks", headers={"Cookie": f"key={admin}", "X-Api-Key": admin}).status_code == 401
    assert door.get("/tasks", params={"access_token": admin}).status_code == 401
    assert door.get("/tasks", headers={"Authorization": f"bearer  {admin}"}).status_code == 200


def test_who_has_no_key_is_refused_before_anything_is_read(door: httpx.Client) -> None:
    refused = door.post("/add?what=1", content=b"{", headers={"Content-Type": "text/plain"})
    assert problem_of(refused) == (401, "unauthenticated")


def test_a_key_that_lacks_a_scope_is_told_which(door: httpx.Client, url: str) -> None:
    reader = bearer(stored_key(url, "reader", "read", "cancel"))
    refused = door.post("/add", json=ADD, headers=reader)
    assert problem_of(refused) == (403, "forbidden")
    assert document(refused)["scope"] == "submit"
    assert document(refused)["detail"] == "The key 'reader' lacks the scope submit; it has read, cancel."
    assert challenge_of(refused) == 'Bearer realm="celeriac", error="insufficient_scope", scope="submit"'


def test_a_key_for_some_definitions_submits_these_alone_by_whichever_way(
    door: httpx.Client, url: str
) -> None:
    some = bearer(stored_key(url, "some", "submit:add", "submit:tel*", "read"))
    accepted = door.post("/add", json=ADD, headers=some)
    assert accepted.status_code == 202
    path = "/tasks/7e4a2b2e-4d3e-4c53-9a3c-6d1c5d1f0001"
    for wrong in ({"name": "primes", "input": {"no": "such"}}, {"name": "primes", "input": {"below": 10}}):
        for refused in (
            door.post("/tasks", json=wrong, headers=some),
            door.put(path, json=wrong, headers=some),
        ):
            assert problem_of(refused) == (403, "forbidden")
            assert document(refused)["scope"] == "submit:primes"
    assert document(door.post("/primes", headers=some))["scope"] == "submit:primes"
    assert door.post("/tasks", json={"name": "add", "input": ADD}, headers=some).status_code == 202
    assert door.put(path, json={"name": "add", "input": ADD}, headers=some).status_code == 202
    assert problem_of(door.post("/tasks", json={"name": "nothing"}, headers=some)) == (
        404,
        "unknown-task-name",
    )


def test_a_retry_needs_the_right_to_submit_the_definition(door: httpx.Client, admin: str, url: str) -> None:
    some = bearer(stored_key(url, "only-primes", "submit:primes", owner="boss"))
    task = document(door.post("/unserved", headers=bearer(admin)))
    assert door.post(task["links"]["cancel"], headers=bearer(admin)).status_code == 200
    refused = door.post(task["links"]["retry"], json={"input": {"no": "such"}}, headers=some)
    assert (problem_of(refused), document(refused)["scope"]) == ((403, "forbidden"), "submit:unserved")
    assert door.post(task["links"]["retry"], headers=bearer(admin)).status_code == 202


def test_a_key_that_was_just_made_is_let_in_at_once_and_a_revoked_one_is_out_within_five_seconds(
    door: httpx.Client, url: str
) -> None:
    headers = bearer(stored_key(url, "short", "read"))
    assert door.get("/tasks", headers=headers).status_code == 200
    stored(url, lambda keys: keys.revoke("short"))
    began = time.monotonic()
    refused = wait_until(lambda: answer_with(door.get, "/tasks", headers, 401))
    assert time.monotonic() - began < SOON
    assert "it was never made here, or it was revoked" in document(refused)["detail"]


def test_each_process_learns_of_a_revocation_and_of_other_scopes_within_five_seconds(
    url: str, admin: str, directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry, mounted = file_key("mounted", "read", "metrics")
    file, boss = write_keys(tmp_path / "keys.json", entry), bearer(admin)
    by_api, by_command = stored_key(url, "by-api", "read"), stored_key(url, "by-command", "read")
    turned = stored_key(url, "with-other-scopes", "read")
    with ExitStack() as stack:
        apis = [stack.enter_context(running_api(directory, redis_url=url, keys_file=file)) for _ in range(2)]
        first, second = processes = [stack.enter_context(api.client()) for api in apis]
        until_all(processes, dict.fromkeys((turned, by_api, by_command, mounted), 200))

        began = time.monotonic()
        monkeypatch.setenv("CELERIAC_REDIS_URL", url)
        actions.revoke("by-command")
        write_keys(file, {**entry, "scopes": ["metrics"]})
        assert first.delete("/keys/by-api", headers=boss).status_code == 204
        # In Redis, a key gets other scopes by being made again, and then has another secret.
        assert second.delete("/keys/with-other-scopes", headers=boss).status_code == 204
        body = {"name": "with-other-scopes", "scopes": ["metrics"]}
        again = document(second.post("/keys", json=body, headers=boss))["key"]
        until_all(processes, {by_command: 401, by_api: 401, turned: 401, again: 403, mounted: 403})
        assert time.monotonic() - began < SOON

        for process, secret in product(processes, (again, mounted)):
            assert process.get("/queues", headers=bearer(secret)).status_code == 200
            assert document(process.get("/tasks", headers=bearer(secret)))["scope"] == "read"


def until_all(processes: list[httpx.Client], statuses: dict[str, int]) -> None:
    """Wait until each process answers to each of these keys with this status, when it asks for the tasks."""
    for process, (secret, status) in product(processes, statuses.items()):
        wait_until(partial(answer_with, process.get, "/tasks", bearer(secret), status))


def test_after_a_rotation_both_secrets_are_good_for_the_overlap(door: httpx.Client, url: str) -> None:
    old = bearer(stored_key(url, "turned", "read"))
    wait_until(lambda: answer_with(door.get, "/tasks", old, 200))
    new = bearer(stored(url, lambda keys: keys.rotate("turned", overlap=timedelta(seconds=4)))[1])
    wait_until(lambda: answer_with(door.get, "/tasks", new, 200))
    refused = wait_until(lambda: answer_with(door.get, "/tasks", old, 401))
    assert (
        "was replaced by another one" in document(refused)["detail"]
        or "revoked" in document(refused)["detail"]
    )
    assert door.get("/tasks", headers=new).status_code == 200


def test_a_key_expires_to_the_moment(door: httpx.Client, url: str) -> None:
    until = datetime.now(UTC) + timedelta(seconds=2)
    headers = bearer(stored_key(url, "brief", "read", expires_at=until))
    wait_until(lambda: answer_with(door.get, "/tasks", headers, 200))
    refused = wait_until(lambda: answer_with(door.get, "/tasks", headers, 401))
    assert until <= datetime.now(UTC) < until + timedelta(seconds=SOON)
    assert "'brief' has expired" in document(refused)["detail"]


def test_the_file_of_keys_is_read_again_and_a_broken_one_changes_nothing(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    (first, one), (second, other) = file_key("one", "read"), file_key("other", "read")
    path = write_keys(tmp_path / "keys.json", first)
    with running_api(tmp_path, redis_url=new_database(), keys_file=path) as api, api.client() as client:
        assert client.get("/tasks").status_code == 401
        assert client.get("/tasks", headers=bearer(one)).status_code == 200
        write_keys(path, second)
        wait_until(lambda: answer_with(client.get, "/tasks", bearer(other), 200))
        assert client.get("/tasks", headers=bearer(one)).status_code == 401
        path.write_text("{")
        wait_until(lambda: "the keys of the file stay as they were" in api.log)
        assert client.get("/tasks", headers=bearer(other)).status_code == 200


def test_the_secret_of_a_key_is_in_no_line_of_the_log(api: API, door: httpx.Client, admin: str) -> None:
    door.get("/tasks", headers=bearer(admin))
    assert admin[5:40] not in api.log


def answer_with(
    ask: Callable[..., httpx.Response], path: str, headers: dict[str, str], status: int
) -> httpx.Response | None:
    """The answer, if it has this status."""
    response = ask(path, headers=headers)
    return response if response.status_code == status else None


def test_an_open_stream_ends_with_its_key_and_shows_nothing_that_happens_later(
    url: str, admin: str, door: httpx.Client
) -> None:
    secret = stored_key(url, "watcher", "admin")
    wait_until(lambda: door.get("/tasks", headers=bearer(secret)).status_code == 200)
    with door.stream("GET", "/events", headers=bearer(secret)) as stream:
        lines = stream.iter_lines()
        assert next(lines).startswith("id: ")
        assert next(lines) == ": still here"
        stored(url, lambda keys: keys.revoke("watcher"))
        wait_until(lambda: door.get("/tasks", headers=bearer(secret)).status_code == 401)
        assert door.post("/add", json=ADD, headers=bearer(admin)).status_code == 202
        assert [line for line in lines if line] == []
