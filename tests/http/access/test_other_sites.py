"""While no key exists, pages of other sites can do nothing here."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from lab.harness.servers import running_api
from tests.support.door import document, problem_of

ADD = {"x": 4, "y": 5}
REFUSED = (401, "unauthenticated")


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "10.0.0.1",
        "",
        "[::1",
    ],
)
def test_a_name_that_leads_here_and_is_none_of_this_machine_reads_and_submits_nothing(
    quiet: httpx.Client, host: str
) -> None:
    for refused in (
        quiet.get("/tasks", headers={"Host": host}),
        quiet.post("/add", json=ADD, headers={"Host": host}),
    ):
        assert problem_of(refused) == REFUSED
        assert "the header Host names" in document(refused)["detail"]


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "127.0.0.1", "127.0.0.1:8000", "[::1]:8000"])
def test_a_name_of_this_machine_is_served(quiet: httpx.Client, host: str) -> None:
    assert quiet.get("/queues", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:3000"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_a_form_of_another_page_changes_nothing(quiet: httpx.Client, headers: dict[str, str]) -> None:
    for path in ("/queues/default/pause", "/queues/default/purge"):
        refused = quiet.post(path, headers=headers)
        assert problem_of(refused) == REFUSED
        assert "A page of another origin" in document(refused)["detail"]
    assert quiet.get("/queues/default").json()["paused"] is False
    assert (
        quiet.get("/queues", headers=headers).status_code == 200
    )  # a link to it; a browser shows no other page its answer


def test_a_text_that_is_json_is_no_way_around_a_preflight(quiet: httpx.Client) -> None:
    text = {"Content-Type": "text/plain"}
    assert problem_of(quiet.post("/add", content=b'{"x": 4, "y": 5}', headers=text)) == (
        415,
        "unsupported-media-type",
    )


def test_the_page_itself_and_programs_change_what_they_like(quiet: httpx.Client) -> None:
    own = str(quiet.base_url).rstrip("/")
    for headers in (
        {},
        {"Origin": own},
        {"Origin": own, "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ):
        assert quiet.post("/queues/default/resume", headers=headers).status_code < 400


def test_a_page_that_the_settings_name_may_and_with_celeriac_open_others_may_not(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    allowed, other = {"Origin": "http://localhost:3000"}, {"Origin": "https://evil.example"}
    settings: dict[str, Any] = {"redis_url": new_database(), "cors_origins": allowed["Origin"], "open": True}
    with running_api(tmp_path, tasks="tasks", **settings) as api, api.client() as client:
        named = {**allowed, "Sec-Fetch-Site": "cross-site", "Host": "jobs.example"}
        assert client.post("/add", json=ADD, headers=named).status_code == 202
        assert problem_of(client.post("/add", json=ADD, headers=other)) == REFUSED
