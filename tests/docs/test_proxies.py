"""The proxies of docs/deploy/proxy.md serve the API with TLS, also under a path."""

import os
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from celeriac.stack.processes import process
from celeriac.stack.processes.ports import free_port
from lab.harness.checkout import ROOT
from lab.harness.program import listens
from lab.harness.servers import API
from lab.harness.tls import OPENSSL, make_certificates
from lab.harness.waiting import wait_until
from tests.support.door import document
from tests.support.nginx import PROGRAM as NGINX

CADDY = shutil.which("caddy")
PAGE = (ROOT / "docs/deploy/proxy.md").read_text()
DOMAIN, UPSTREAM = "example.org", "127.0.0.1:8000"
# How a client of each proxy gets there: a prefix, by what runs.
PROXIES = {"caddy": "", "caddy under a path": "/jobs", "nginx": "", "nginx under a path": "/jobs"}


@pytest.fixture(scope="module")
def proxies(api: API, directory: Path) -> Iterator[dict[str, httpx.Client]]:
    """A client of the API through each proxy that is installed."""
    place = directory / "proxies"
    with ExitStack() as stack:
        starts = (caddy, caddy_under_a_path, nginx, nginx_under_a_path)
        available = [CADDY, CADDY, NGINX and OPENSSL, NGINX and OPENSSL]
        yield {
            name: stack.enter_context(start(place / name.replace(" ", "-"), api.port))
            for name, start, program in zip(PROXIES, starts, available, strict=True)
            if program
        }


@pytest.mark.parametrize("name", PROXIES)
def test_waits_links_and_events_come_through(name: str, proxies: dict[str, httpx.Client]) -> None:
    if name not in proxies:
        pytest.skip(f"{name.split(maxsplit=1)[0]} is not installed")
    client, prefix = proxies[name], PROXIES[name]
    ended = document(client.post(f"{prefix}/add", json={"x": 4, "y": 5}, headers={"Prefer": "wait=50"}))
    assert (ended["result"], ended["links"]["self"]) == (9, f"{prefix}/tasks/{ended['task_id']}")
    assert document(client.get(ended["links"]["self"])) == ended
    events = {"Accept": "text/event-stream"}
    with client.stream("POST", f"{prefix}/add?delay=600", json={"x": 4, "y": 5}, headers=events) as stream:
        lines = stream.iter_lines()
        assert "scheduled" in next(line for line in lines if line.startswith("data:"))
        # The first event is here, and the stream has not ended.
        task = stream.headers["Location"]
        assert document(client.post(f"{task}/cancel"))["state"] == "cancelled"
        assert any(line == "event: done" for line in lines)


def caddy(directory: Path, port: int) -> AbstractContextManager[httpx.Client]:
    """The first block for Caddy."""
    return running_caddy(directory, blocks("caddy")[0], port)


def caddy_under_a_path(directory: Path, port: int) -> AbstractContextManager[httpx.Client]:
    """The second."""
    return running_caddy(directory, blocks("caddy")[1], port)


def nginx(directory: Path, port: int) -> AbstractContextManager[httpx.Client]:
    """The first block for nginx."""
    return running_nginx(directory, blocks("nginx")[0], port)


def nginx_under_a_path(directory: Path, port: int) -> AbstractContextManager[httpx.Client]:
    """The same, begun as in the second."""
    whole, beginning = blocks("nginx")
    start = f"    location / {{\n        proxy_pass http://{UPSTREAM};\n"
    assert start in whole
    return running_nginx(directory, whole.replace(start, beginning), port)


@contextmanager
def running_caddy(directory: Path, block: str, port: int) -> Iterator[httpx.Client]:
    """Caddy with this block, for localhost by an authority of its own."""
    directory.mkdir(parents=True)
    https = free_port()
    options = f"{{\nadmin off\nauto_https disable_redirects\nhttps_port {https}\nskip_install_trust\n}}\n"
    site = block.replace(f"{DOMAIN} {{", "localhost {\ntls internal\n").replace(UPSTREAM, f"127.0.0.1:{port}")
    (directory / "Caddyfile").write_text(options + site)
    home = dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"), str(directory))
    command = [str(CADDY), "run", "--config", str(directory / "Caddyfile")]
    authority = directory / "caddy/pki/authorities/local/root.crt"
    with running(command, https, authority, {**os.environ, **home}) as client:
        yield client


@contextmanager
def running_nginx(directory: Path, block: str, port: int) -> Iterator[httpx.Client]:
    """Nginx with this block, for localhost by an authority of the test's."""
    directory.mkdir(parents=True)
    certificates = directory.parent / "certificates"
    if not certificates.exists():
        make_certificates(certificates)
    https = free_port()
    replaced = {
        "443": f"127.0.0.1:{https}",
        DOMAIN + ";": "localhost;",
        f"/etc/ssl/{DOMAIN}.": f"{certificates}/server.",
        UPSTREAM: f"127.0.0.1:{port}",
    }
    for text, replacement in replaced.items():
        assert text in block
        block = block.replace(text, replacement)
    user = "user root;" if Path.home() == Path("/root") else ""
    paths = "".join(
        f"{kind}_temp_path {directory}/{kind}; "
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration = directory / "nginx.conf"
    configuration.write_text(
        f"daemon off; {user} pid {directory}/pid; events {{}} http {{ access_log off; {paths} {block} }}"
    )
    command = [str(NGINX), "-c", str(configuration), "-p", str(directory), "-e", "stderr"]
    with running(command, https, certificates / "ca.crt", dict(os.environ)) as client:
        yield client


@contextmanager
def running(
    command: list[str], port: int, authority: Path, environment: dict[str, str]
) -> Iterator[httpx.Client]:
    """A proxy, and a client that trusts this authority."""
    server = process.start(command, environment=environment, output=subprocess.DEVNULL)
    try:
        wait_until(lambda: listens(port) and authority.exists(), what=f"the start of {command[0]}")
        trust = ssl.create_default_context(cafile=str(authority))
        with httpx.Client(
            base_url=f"https://localhost:{port}", verify=trust, timeout=60, trust_env=False
        ) as client:
            wait_until(lambda: answers(client), what=f"a certificate of {command[0]}")
            yield client
    finally:
        process.kill(server)


def answers(client: httpx.Client) -> bool:
    """Whether a connection comes about."""
    try:
        client.get("/")
    except httpx.TransportError:
        return False
    return True


def blocks(language: str) -> list[str]:
    """The blocks of the page in this language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
