"""One Redis address works everywhere or is refused, and hides its password."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from redis import Redis

from celeriac.settings import PREFIX, Settings, SettingsError
from celeriac.stack.processes.readiness import redis_refusal
from celeriac.stack.valkey import Valkey
from celeriac.values.addresses.redis_address import database, normal, place, shown
from lab.harness.servers import running_api, running_worker
from lab.harness.tls import CAN_SPEAK_TLS, make_certificates, server_with_tls
from lab.harness.waiting import wait_until
from tests.support.door import run

# Each character that has a meaning in a URL, and some beyond it.
PASSWORD = "57#Wc/90?3z@:%+ [ä]&;="


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("redis://:57#Wc903z@127.0.0.1:8313/0", "percent-encoded"),
        ("redis://:Wc/903z@127.0.0.1:8313/0", "percent-encoded"),
        ("redis://:Wc?903z@127.0.0.1:8313/0", "percent-encoded"),
        ("redis://me:Wc@903z@127.0.0.1:8313/0", "percent-encoded"),
        ("redis://:Wc[903z@127.0.0.1:8313/0", "percent-encoded"),
        ("redis://:Wc%903z%@127.0.0.1:8313/0", "percent-encoded"),
        ("redis://:Wc 903z@127.0.0.1:8313/0", "percent-encoded"),
        ("rediss://:903z@127.0.0.1:99999/0", "write it as redis://HOST:PORT/DATABASE"),
        ("me:903z@127.0.0.1:8313", "write it as redis://HOST:PORT/DATABASE"),
        ("http://me:903z@127.0.0.1:8313", "write it as redis://HOST:PORT/DATABASE"),
        ("redis://localhost/0?socket_timeout=3", "'socket_timeout' is not supported; known options:"),
        ("redis://localhost/0?password=903z", "'password' is not supported; known options:"),
        ("redis://localhost/0?ssl_cert_reqs=none", "'ssl_cert_reqs' is not supported; known options:"),
        ("rediss://localhost/0?ssl_cert_reqs=never", "must be one of none, optional, required"),
        ("rediss://localhost/0?ssl_ca_certs=/no/such/file", "names a file that does not exist"),
        ("redis://localhost/0?protocol=4", "'protocol' must be 2 or 3"),
        ("redis://localhost?db=one", "'db' must be a number"),
        ("unix://", "write it as redis://HOST:PORT/DATABASE"),
        ("redis+sentinel://localhost:26379", "write it as redis://HOST:PORT/DATABASE"),
    ],
)
def test_a_wrong_address_is_refused_with_a_sentence_and_without_its_password(url: str, words: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.read({PREFIX + "REDIS_URL": url})
    assert words in str(refused.value)
    assert "903z" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "as_read"),
    [
        ("redis://localhost:6379/0?protocol=3", "redis://localhost:6379/0"),
        ("rediss://h/1?ssl_cert_reqs=CERT_NONE", "rediss://h/1?ssl_cert_reqs=none"),
        ("unix:///run/redis.sock?db=2", "unix:///run/redis.sock?db=2"),
        ("redis+sentinel://a:1,b,c:3/main/2", "redis+sentinel://a:1,b,c:3/main/2"),
    ],
)
def test_an_address_is_read_as_all_parts_take_it(url: str, as_read: str) -> None:
    assert normal(url) == as_read
    assert normal(as_read) == as_read


def test_what_is_shown_of_an_address_has_no_password() -> None:
    url = f"rediss://me:{quote(PASSWORD, safe='')}@h:1/3?ssl_password=secret"
    assert shown(url) == "rediss://***@h:1/3?ssl_password=***"
    assert (place(url), database(url)) == ("redis://h:1/3", 3)
    assert place("redis+sentinel://me:x@a:1,b:2/main/4") == "redis://a:1/4"


@pytest.fixture(scope="module")
def secured(directory: Path) -> Iterator[Valkey]:
    """A Valkey with a password of many characters, that also listens on a socket."""
    options = {"unixsocket": str(directory / "s")}
    with Valkey(directory / "secured", options=options) as server:
        with Redis.from_url(server.url) as redis:
            redis.config_set("requirepass", PASSWORD)
        yield server


@pytest.mark.parametrize("kind", ["redis", "unix"])
def test_a_password_of_any_characters_works_for_all_and_is_in_no_log(
    kind: str, secured: Valkey, directory: Path
) -> None:
    password = quote(PASSWORD, safe="")
    where = f"127.0.0.1:{secured.port}/1?protocol=3" if kind == "redis" else f"{directory}/s?db=2"
    assert_works(f"{kind}://:{password}@{where}", directory, secrets=(PASSWORD, password))


def assert_works(url: str, directory: Path, *, secrets: tuple[str, ...] = ()) -> None:
    """A task runs, with this address for the API and the worker, and `make run` finds the server, too."""
    assert redis_refusal(url) is None
    with (
        running_worker(directory, "-Q", "default", redis_url=url) as worker,
        running_api(directory, redis_url=url) as api,
        api.client() as client,
    ):
        assert run(client, "add", x=4, y=5)["result"] == 9
        wait_until(
            lambda: client.get("/readyz").status_code == 200
        )  # it has a second for that, and the machine may be busy
        log = worker.log + api.log
    assert [secret for secret in secrets if secret in log] == []


@pytest.fixture(scope="module")
def certificates(directory: Path) -> Path:
    """What the servers and clients of these tests show each other."""
    if not CAN_SPEAK_TLS:
        pytest.skip("needs a redis-server with TLS, and openssl")
    return make_certificates(directory / "certificates")


def test_tls_works_with_an_authority_of_ones_own_and_without_any(certificates: Path, directory: Path) -> None:
    with server_with_tls(certificates, clients="no", directory=directory) as port:
        assert redis_refusal(f"rediss://localhost:{port}/0") is not None  # nobody knows this authority
        assert_works(f"rediss://localhost:{port}/0?ssl_ca_certs={certificates}/ca.crt", directory)
        assert_works(f"rediss://localhost:{port}/0?ssl_cert_reqs=none", directory)


def test_tls_works_with_a_certificate_of_the_client(certificates: Path, directory: Path) -> None:
    with server_with_tls(certificates, clients="yes", directory=directory) as port:
        options = f"ssl_ca_certs={certificates}/ca.crt&ssl_certfile={certificates}/client.crt"
        assert_works(
            f"rediss://localhost:{port}/0?{options}&ssl_keyfile={certificates}/client.key", directory
        )
