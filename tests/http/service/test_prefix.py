"""Behind a proxy with a prefix every address of the API is right."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest

from celeriac.stack.valkey import Valkey
from celeriac_api.response.address import under
from celeriac_api.response.task_document import fill, queued_template
from lab.harness.servers import API, running_api
from tests.http.events.test_events import watch
from tests.support.door import document
from tests.support.nginx import PROGRAM, SAYS_ALL, running_nginx

# The proxy says which prefix it takes off; uvicorn knows it; nobody tells.
SAID, ROOTED, SILENT = "/jobs", "/rooted", "/deep/silent"
# The same for another app, which has mounted the API under `/jobs`.
SAID_OF_HOST, ROOTED_HOST, SILENT_HOST = "/site/jobs", "/rooted-site/jobs", "/silent-site/jobs"
KNOWN = (SAID, ROOTED, SAID_OF_HOST, ROOTED_HOST)
HOST = "tests.support.host:create_host"

through_nginx = pytest.mark.skipif(PROGRAM is None, reason="nginx is not installed")


@pytest.fixture(scope="module")
def proxied(api: API, valkey: Valkey, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of the API through nginx, under each of these prefixes."""
    directory = tmp_path_factory.mktemp("prefix")
    site = ROOTED_HOST.removesuffix("/jobs")
    with (
        running_api(directory, "--root-path", ROOTED, redis_url=valkey.url) as rooted,
        running_api(directory, factory=HOST, redis_url=valkey.url) as host,
        running_api(directory, "--root-path", site, factory=HOST, redis_url=valkey.url) as rooted_host,
    ):
        locations = {
            SAID: (api.port, SAYS_ALL),
            ROOTED: (rooted.port, ""),
            SILENT: (api.port, ""),
            SAID_OF_HOST.removesuffix("/jobs"): (host.port, SAYS_ALL),
            site: (rooted_host.port, ""),
            SILENT_HOST.removesuffix("/jobs"): (host.port, ""),
        }
        with (
            running_nginx(directory / "nginx", locations) as port,
            httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client,
        ):
            yield client


@through_nginx
@pytest.mark.parametrize("prefix", KNOWN)
def test_every_link_of_every_answer_leads_to_what_it_says(prefix: str, proxied: httpx.Client) -> None:
    body = {"x": 4, "y": 5}
    accepted = proxied.post(f"{prefix}/add", json=body)
    task = document(accepted)
    self = f"{prefix}/tasks/{task['task_id']}"
    assert accepted.headers["location"] == task["links"]["self"] == self
    answers = [
        proxied.post(f"{prefix}/add?wait=50", json=body),
        proxied.post(f"{prefix}/add?delay=0.01", json=body),
        proxied.post(f"{prefix}/tasks", json={"name": "add", "input": body}),
        proxied.post(f"{prefix}/primes", json={"limit": 5}, headers={"Accept": "text/event-stream"}),
    ]
    ended = document(proxied.get(self, params={"wait": 50}))
    answers.append(proxied.post(ended["links"]["retry"]))
    for answer in answers:
        assert re.fullmatch(rf"{prefix}/tasks/[0-9a-f-]+", answer.headers["location"])
        assert proxied.get(answer.headers["location"]).status_code == 200
    assert set(ended["links"].values()) == {
        self,
        *(f"{self}/{name}" for name in ended["links"] if name != "self"),
    }
    assert document(proxied.get(ended["links"]["input"])) == body
    assert document(proxied.get(ended["links"]["result"])) == 9
    assert list(watch(proxied, ended["links"]["events"]))[-1].data == ended
    assert ended in document(proxied.get(f"{prefix}/tasks"))["items"]
    assert "'add'" in document(proxied.post(f"{prefix}/addd", json=body))["detail"]
    assert f"GET {prefix}/docs lists" in document(proxied.get(f"{prefix}/nothing"))["detail"]


@through_nginx
@pytest.mark.parametrize("prefix", KNOWN)
def test_the_description_says_where_the_routes_are(prefix: str, proxied: httpx.Client) -> None:
    assert document(proxied.get(f"{prefix}/openapi.json"))["servers"] == [{"url": prefix}]


@through_nginx
@pytest.mark.parametrize("prefix", [*KNOWN, SILENT, SILENT_HOST])
@pytest.mark.parametrize("page", ["/", "/docs"])
def test_all_that_a_page_loads_is_there(page: str, prefix: str, proxied: httpx.Client) -> None:
    html = proxied.get(f"{prefix}{page}")
    assert html.status_code == 200
    found = re.findall(r"""(?:src|href|url)(?:=|: )["']([^"'#:]+)["']""", html.text)
    assert len(found) >= 3
    for address in found:
        assert proxied.get(urljoin(str(html.url), address)).status_code == 200, address


def test_a_prefix_is_believed_of_a_trusted_proxy_alone(api: API, valkey: Valkey, tmp_path: Path) -> None:
    said = {"X-Forwarded-Prefix": "/jobs", "X-Forwarded-For": "192.0.2.7"}
    with (
        running_api(tmp_path, "--forwarded-allow-ips", "192.0.2.1", redis_url=valkey.url) as wary,
        wary.client() as stranger,
        api.client() as trusted,
    ):
        assert self_of(trusted, **said).startswith("/jobs/tasks/")
        assert self_of(stranger, **said).startswith("/tasks/")
        for wrong in ("jobs", "//evil.example", "/a b", "/a,/b", "https://evil.example", '/"><script>', ""):
            assert self_of(trusted, **{**said, "X-Forwarded-Prefix": wrong}).startswith("/tasks/")


def self_of(client: httpx.Client, **headers: str) -> str:
    """Where a task is said to be that is submitted with these headers."""
    link: str = document(client.post("/add", json={"x": 1, "y": 2}, headers=headers))["links"]["self"]
    return link


def test_what_is_made_once_has_the_prefix_of_no_request() -> None:
    with under("/jobs"):
        template = queued_template(name="add", queue="default")
    assert b"/jobs" not in template
    filled = fill(template, task_id="0" * 32, created_at=0, owner="")
    assert json.loads(filled)["links"]["self"] == "/tasks/" + "0" * 32
