"""Under TLS and the minimal rights of deploy/redis.acl all works, with passwords from files."""

import base64
import hashlib
import json
import re
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from redis import Redis

from celeriac.settings import PREFIX, Settings, SettingsError
from celeriac.stack.valkey import Valkey
from lab.harness.checkout import ROOT
from lab.harness.program import Program
from lab.harness.servers import running_api, running_worker
from lab.harness.tls import CAN_SPEAK_TLS, make_certificates, server_with_tls
from lab.harness.waiting import wait_until
from tests.support.door import cancel, document, ended, in_state, run, submit, submit_with

PASSWORDS = {name: f"c4n4ry/{name}#57 :@%" for name in ("api", "worker", "admin")}
LUA = ROOT / "celeriac/ledger/lua"
ROOMS = [room.name for room in LUA.iterdir() if room.is_dir()]
SCHEME = "rediss" if CAN_SPEAK_TLS else "redis"


class Hardened:
    """Redis servers, and what API and worker need to use them."""

    def __init__(self, directory: Path, ports: list[int], options: str) -> None:
        """Those on these ports; the first has the queues, the last the records."""
        self._directory, self._ports, self._options = directory, ports, options
        for name, password in PASSWORDS.items():
            (directory / f"{name}.password").write_text(password + "\n")

    def settings(self, name: str) -> dict[str, Any]:
        """Of the API or a worker: a user of its own, whose password is in a file."""
        broker, backend = (self._url(f"celeriac-{name}", port) for port in (self._ports[0], self._ports[-1]))
        file = self._directory / f"{name}.password"
        return {"broker_url": broker, "result_backend": backend, "redis_password_file": file}

    def admin(self, stack: ExitStack) -> Redis:
        """A client who may do everything, at the server of the queues."""
        url = self._url("admin", self._ports[0])
        client: Redis = stack.enter_context(Redis.from_url(url, password=PASSWORDS["admin"]))
        return client

    def _url(self, user: str, port: int) -> str:
        return f"{SCHEME}://{user}@localhost:{port}/0{self._options}"


def acl_file(directory: Path) -> Path:
    """The one that is documented, with passwords as hashes, and somebody who looks on."""
    # Which a server before Redis 7.2 does not know, and refuses to start with.
    rights = (ROOT / "deploy/redis.acl").read_text().replace(" +waitaof", "")
    rights = rights.replace(
        "~default* ", "~default* ~unserved* ~shipping* "
    )  # as the tests' tasks have more queues
    for name in ("api", "worker"):
        digest = hashlib.sha256(PASSWORDS[name].encode()).hexdigest()
        rights = rights.replace(f">{name.upper()}-PASSWORD", f"#{digest}")
    digest = hashlib.sha256(PASSWORDS["admin"].encode()).hexdigest()
    file = directory / "users.acl"
    file.write_text(f"{rights}user admin on #{digest} ~* &* +@all\n")
    return file


@pytest.fixture(scope="module")
def hardened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Hardened]]:
    """One server for all, and two."""
    directory = tmp_path_factory.mktemp("hardened")
    with ExitStack() as stack:
        ports = [stack.enter_context(_server(directory, number)) for number in range(2)]
        options = ""
        if CAN_SPEAK_TLS:
            place = directory / "certificates"
            options = (
                f"?ssl_ca_certs={place}/ca.crt&ssl_certfile={place}/client.crt&ssl_keyfile={place}/client.key"
            )
        yield [Hardened(directory, ports[:1], options), Hardened(directory, ports, options)]


@contextmanager
def _server(directory: Path, number: int) -> Iterator[int]:
    place = directory / str(number)
    place.mkdir()
    if not CAN_SPEAK_TLS:
        with Valkey(place, options={"aclfile": str(acl_file(directory))}) as server:
            yield server.port
        return
    certificates = directory / "certificates"
    if not certificates.exists():
        make_certificates(certificates)
    rights = ("--aclfile", str(acl_file(directory)))
    with server_with_tls(certificates, *rights, clients="yes", directory=place) as port:
        yield port


@contextmanager
def running(hardened: Hardened, directory: Path) -> Iterator[tuple[httpx.Client, Program]]:
    """A client of an API, and the worker beside it; neither logs a password."""
    with (
        running_worker(directory, "-Q", "default", **hardened.settings("worker"), lease=2) as worker,
        running_api(directory, **hardened.settings("api"), lease=2) as api,
        api.client() as client,
    ):
        # Each of the API's connections has a second for its handshake, which a busy machine may need several times.
        add = {"x": 4, "y": 5}
        wait_until(lambda: client.post("/add?wait=50", json=add).status_code == 200, 120, what="a submission")
        for path in ("/tasks", "/queues", "/readyz", "/workers"):
            wait_until(lambda: client.get(path).status_code == 200, 120, what=path)  # noqa: B023 - it is called here
        yield client, worker
        log = worker.log + api.log
    assert [name for name, password in PASSWORDS.items() if password in log] == []
    assert "c4n4ry" not in log


def test_the_documented_rights_are_enough_for_everything_and_no_more_are_asked_for(
    hardened: list[Hardened], directory: Path, tmp_path: Path
) -> None:
    started = tmp_path / "started"
    with ExitStack() as stack:
        redis = hardened[0].admin(stack)
        client, worker = stack.enter_context(running(hardened[0], directory))
        assert client.get("/readyz").status_code == 200, client.get("/readyz").text
        assert run(client, "add", x=4, y=5)["result"] == 9
        waited = client.post(
            "/add", json={"x": 4, "y": 5}, params={"wait": 50}, headers={"Idempotency-Key": "k"}
        )
        assert document(waited)["result"] == 9
        assert run(client, "flaky", failures=1)["attempt"] == 2
        task = submit(client, "stop_when_asked", started=str(started))
        in_state(client, task, "running")
        assert cancel(client, task).status_code == 202
        assert ended(client, task)["state"] == "cancelled"
        assert client.get(task["links"]["events"]).text.count("event: done") == 1
        assert client.post(task["links"]["self"] + "/retry").status_code == 202
        assert submit_with(client, "/flaky?delay=1000", failures=0)["state"] == "scheduled"
        for act in ("pause", "resume", "purge"):
            assert client.post(f"/queues/default/{act}").status_code == 200
        for path in ("/tasks", "/queues", "/queues/default/rejected", "/metrics", "/workers"):
            assert client.get(path).status_code == 200, path
        assert celery_s_own_result(redis) == 9
        assert run(client, "die")["error"]["type"] == "WorkerLostError"
        redis.lpush("default", "no message")
        wait_until(
            lambda: document(client.get("/queues/default/rejected"))["items"], what="the rejected message"
        )
        hold = submit(client, "hold", until=str(tmp_path / "until"))
        in_state(client, hold, "running")
        worker.signal(signal.SIGKILL)
        (tmp_path / "until").touch()
        with running_worker(directory, "-Q", "default", **hardened[0].settings("worker"), lease=2):
            assert ended(client, hold)["state"] == "succeeded"
        assert client.delete(hold["links"]["self"]).status_code == 204
        denied: Any = redis.acl_log()
        assert {entry["object"] for entry in denied} <= {"client|setinfo"}  # which redis-py only tries


@pytest.mark.parametrize(
    ("user", "rooms"),
    [
        ("api", tuple(room for room in ROOMS if room != "workers")),
        ("worker", ("workers", "keeper", "prelude", "apps")),
    ],
)
def test_the_file_has_the_commands_of_every_script(user: str, rooms: tuple[str, ...]) -> None:
    (line,) = re.findall(rf"^user celeriac-{user} .*$", (ROOT / "deploy/redis.acl").read_text(), re.MULTILINE)
    granted = {right.partition("|")[0] for right in re.findall(r"\+(\S+)", line)}
    texts = [file.read_text() for room in rooms for file in (LUA / room).glob("*.lua")]
    used = {name.lower() for text in texts for name in re.findall(r"redis\.p?call\('([A-Z]+)'", text)}
    assert used - granted == set()


def celery_s_own_result(redis: Redis) -> object:
    """What our worker makes of a task that a program has sent by Celery itself."""
    task_id = str(uuid4())
    redis.lpush("default", celery_message(task_id))
    kept: Any = wait_until(lambda: redis.get(f"celery-task-meta-{task_id}"), what="Celery's own result")
    return json.loads(kept)["result"]


def celery_message(task_id: str) -> str:
    """`add` of 4 and 5, as Celery's protocol 2 has it."""
    properties: dict[str, object] = {
        "correlation_id": task_id,
        "delivery_tag": task_id,
        "body_encoding": "base64",
    }
    properties["delivery_info"] = {"exchange": "", "routing_key": "default"}
    body = json.dumps([[4, 5], {}, {}]).encode()
    return json.dumps(
        {
            "body": base64.b64encode(body).decode(),
            "content-encoding": "utf-8",
            "content-type": "application/json",
            "headers": {"lang": "py", "task": "add", "id": task_id, "root_id": task_id},
            "properties": properties,
        }
    )


def test_the_rights_are_enough_where_queues_and_records_are_apart(
    hardened: list[Hardened], directory: Path
) -> None:
    with running(hardened[1], directory) as (client, _):
        assert run(client, "add", x=4, y=5)["result"] == 9
        assert client.post("/queues/default/pause").status_code == 200
        assert client.post("/queues/default/resume").status_code == 200
        assert client.get("/readyz").status_code == 200
    with ExitStack() as stack:
        denied: Any = hardened[1].admin(stack).acl_log()
        assert {entry["object"] for entry in denied} <= {"client|setinfo"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read: No such file"),
        ("", "is empty"),
        ("\nsecond", "is empty"),
        (b"\xff", "not UTF-8"),
    ],
)
def test_a_password_file_that_cannot_be_read_stops_the_start(
    content: str | bytes | None, words: str, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(SettingsError, match=words):
        Settings.read({PREFIX + "REDIS_PASSWORD_FILE": str(file)})


def test_a_password_in_an_address_goes_before_the_one_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("from/file\n")
    environment = {
        PREFIX + "REDIS_PASSWORD_FILE": str(file),
        PREFIX + "BROKER_URL": "redis://me:own@broker/0",
        PREFIX + "RESULT_BACKEND": "redis://me@backend/0",
    }
    settings = Settings.read(environment)
    assert settings.broker == "redis://me:own@broker/0"
    assert settings.backend == "redis://me:from%2Ffile@backend/0"
    assert (
        Settings.read({PREFIX + "REDIS_PASSWORD_FILE": str(file)}).broker
        == "redis://:from%2Ffile@127.0.0.1:6379/0"
    )
    assert "from" not in repr(settings)
