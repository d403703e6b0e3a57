"""An API without a key: for this machine alone, until there is one."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import httpx
import pytest

from celeriac.stack.valkey import Valkey
from celeriac_api.access.authenticate import is_local
from lab.harness.servers import environment, running_api
from lab.harness.waiting import wait_until
from tests.http.access.keys import bearer, file_key, stored, stored_key, write_keys
from tests.support.door import document, problem_of

ADD = {"x": 4, "y": 5}


def start(*options: str, files: Collection[int] = (), **settings: object) -> subprocess.CompletedProcess[str]:
    """How `celeriac api` ends with these, where it does not serve."""
    command = [sys.executable, "-m", "celeriac_api", *options]
    variables = environment(**settings)
    return subprocess.run(
        command, env=variables, capture_output=True, text=True, timeout=60, check=False, pass_fds=files
    )


@pytest.mark.parametrize(
    ("options", "settings"),
    [((), {"host": "0.0.0.0"}), (("--host", "0.0.0.0"), {}), (("--host=::",), {"host": "127.0.0.1"})],  # noqa: S104 - it must not
)
def test_without_a_key_it_does_not_listen_where_others_reach_it_and_names_both_ways(
    own_url: str, options: tuple[str, ...], settings: dict[str, Any]
) -> None:
    ended = start(*options, redis_url=own_url, tasks="tasks", **settings)
    assert ended.returncode == 2
    assert ended.stderr.startswith("The API cannot start.\nIt would listen on ")
    for way in ("celeriac keys create", "CELERIAC_OPEN=true", "CELERIAC_HOST=127.0.0.1"):
        assert way in ended.stderr


def test_a_socket_that_it_is_given_counts_as_the_address_of_that_socket(own_url: str) -> None:
    with socket.create_server(("0.0.0.0", 0)) as listener:  # noqa: S104 - it must not
        options = ("--fd", str(listener.fileno()))
        ended = start(*options, files=[listener.fileno()], redis_url=own_url, tasks="tasks")
    assert ended.returncode == 2
    assert ended.stderr.startswith("The API cannot start.\nIt would listen on 0.0.0.0")


def test_a_broken_file_of_keys_stops_the_start(own_url: str, tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    file.write_text('{"keys": [{"name": "ci"}]}')
    ended = start(redis_url=own_url, tasks="tasks", keys_file=file)
    assert ended.returncode == 2
    assert f"CELERIAC_KEYS_FILE={file} is wrong: keys.0.scopes: Field required" in ended.stderr


def test_an_open_api_says_so_and_closes_within_five_seconds_of_its_first_key_for_good(
    own_url: str, tmp_path: Path
) -> None:
    with running_api(tmp_path, redis_url=own_url, tasks="tasks") as api, api.client() as client:
        assert "no key exists: this API serves only this machine" in api.log
        assert client.post("/add", json=ADD, headers=bearer("whatever")).status_code == 202
        secret, made = stored_key(own_url, "first", "submit", "read"), time.monotonic()
        wait_until(lambda: client.get("/tasks").status_code == 401)
        assert time.monotonic() - made < 5
        assert client.get("/tasks", headers=bearer(secret)).status_code == 200
        stored(own_url, lambda keys: keys.revoke("first"))
        wait_until(lambda: client.get("/tasks", headers=bearer(secret)).status_code == 401)
        assert problem_of(client.get("/tasks")) == (401, "unauthenticated")


def test_an_open_api_under_a_server_of_somebody_else_serves_no_other_address(
    own_url: str, tmp_path: Path
) -> None:
    factory = "tests.support.apps:as_from_elsewhere"
    with (
        running_api(tmp_path, factory=factory, redis_url=own_url, tasks="tasks") as api,
        api.client() as client,
    ):
        refused = client.get("/tasks")
        assert problem_of(refused) == (401, "unauthenticated")
        assert (
            "serves its own machine alone: make a key with `celeriac keys create"
            in document(refused)["detail"]
        )
        assert client.get("/livez").status_code == 200
        secret = stored_key(own_url, "first", "read")
        wait_until(lambda: client.get("/tasks", headers=bearer(secret)).status_code == 200)


def test_with_celeriac_open_it_serves_every_address_and_warns(own_url: str, tmp_path: Path) -> None:
    factory = "tests.support.apps:as_from_elsewhere"
    with (
        running_api(tmp_path, factory=factory, redis_url=own_url, tasks="tasks", open=True) as api,
        api.client() as client,
    ):
        assert client.get("/tasks").status_code == 200
        assert "everybody who reaches this API has all rights" in api.log


@pytest.mark.parametrize(
    ("server", "local"),
    [
        (("127.0.0.1", 8000), True),
        (("127.8.9.1", 8000), True),
        (("::1", 8000), True),
        (("::ffff:127.0.0.1", 8000), True),
        (("localhost", 8000), True),
        (("/run/api.sock", None), True),
        (None, True),
        (("10.0.0.1", 8000), False),
        (("0.0.0.0", 8000), False),  # noqa: S104 - the address of a server that tells no better
        (("fe80::1", 8000), False),
        (("::ffff:10.0.0.1", 8000), False),
        (("example.com", 80), False),
        (("127.0.0.1.example.com", 80), False),
    ],
)
def test_what_only_this_machine_reaches_is_a_loopback_address_or_a_socket(
    server: tuple[str, int | None] | None, *, local: bool
) -> None:
    assert is_local(server) is local


def test_what_is_public_is_a_setting(new_database: Callable[[], str], tmp_path: Path) -> None:
    entry, secret = file_key("scraper", "metrics")
    file = write_keys(tmp_path / "keys.json", entry)
    both: dict[str, Any] = {"redis_url": new_database(), "keys_file": file, "tasks": "tasks"}
    with running_api(tmp_path, **both, public="metrics") as api, api.client() as client:
        assert client.get("/metrics").status_code == 200
        for path in ("/", "/static/page/app.js", "/docs", "/openapi.json"):
            assert problem_of(client.get(path)) == (401, "unauthenticated"), path
            assert client.get(path, headers=bearer(secret)).status_code == 200, path


def test_pages_of_other_origins_are_let_in_by_name_alone(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    allowed = "https://shop.example"
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    settings = {"redis_url": new_database(), "cors_origins": f"http://localhost:3000,{allowed}"}
    with running_api(tmp_path, tasks="tasks", **settings) as api, api.client() as client:
        preflight = client.options("/add", headers={"Origin": allowed, **asked})
        assert preflight.status_code == 200
        assert preflight.headers["access-control-allow-origin"] == allowed
        assert "access-control-allow-credentials" not in preflight.headers
        for origin in ("https://shop.example.evil", "https://evil.example", "null", "https://SHOP.example"):
            answer = client.get("/tasks", headers={"Origin": origin})
            assert "access-control-allow-origin" not in answer.headers
            assert client.options("/add", headers={"Origin": origin, **asked}).status_code == 400
        answer = client.get("/tasks", headers={"Origin": allowed})
        assert "location" in answer.headers["access-control-expose-headers"].lower()


def test_without_the_setting_no_other_origin_is_let_in(quiet: httpx.Client) -> None:
    answer = quiet.get("/tasks", headers={"Origin": "https://shop.example"})
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_readyz_tells_why_it_is_red_to_keys_alone(directory: Path, tmp_path: Path) -> None:
    entry, secret = file_key("watcher", "metrics")
    file = write_keys(tmp_path / "keys.json", entry)
    with (
        Valkey(tmp_path / "forgetful", options={"appendonly": "no"}) as server,
        running_api(directory, redis_url=server.url, keys_file=file) as api,
        api.client() as client,
    ):
        for red in (client.get("/readyz"), client.get("/readyz", headers=bearer("wrong"))):
            assert problem_of(red) == (503, "redis-unsafe")
            assert document(red)["detail"] == "This Redis can lose tasks. Send a key to get the reason."
        told = client.get("/readyz", headers=bearer(secret))
        assert "append-only" in document(told)["detail"]
