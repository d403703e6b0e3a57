"""`celeriac keys`: keys are created, listed, rotated and revoked, in Redis or for a file."""

import json
import subprocess
import sys
from collections.abc import Callable
from getpass import getuser
from pathlib import Path
from socket import gethostname
from typing import Any

import pytest

from celeriac.access.key_file import read_key_file
from celeriac.access.secret import digest, well_formed
from celeriac.stack.processes.ports import free_port
from lab.harness.servers import environment, running_api
from lab.harness.waiting import wait_until
from tests.command.running import Celeriac, Ended
from tests.command.terminal import PseudoTerminal
from tests.http.access.keys import bearer, stored_key

CELERIAC = [sys.executable, "-m", "celeriac.command", "keys"]


@pytest.fixture(scope="module")
def url(new_database: Callable[[], str]) -> str:
    """A database with a key `taken`."""
    url = new_database()
    stored_key(url, "taken", "read")
    return url


class Keys:
    """`celeriac keys`."""

    def __init__(self, command: Celeriac) -> None:
        """As this command has it."""
        self._command = command

    def __call__(self, *options: str, **settings: Any) -> Ended:
        """Run it with these options and settings."""
        return self._command("keys", *options, **settings)

    def secret(self, *options: str, **settings: object) -> str:
        """All that it prints on standard output: one secret."""
        ended = self(*options, **settings)
        secret = ended.output.removesuffix("\n")
        assert (ended.code, well_formed(secret), secret in ended.words) == (0, True, False), ended
        return secret


@pytest.fixture
def keys(celeriac: Celeriac) -> Keys:
    """The command."""
    return Keys(celeriac)


def test_a_key_lives_from_create_to_revoke_and_the_command_shows_what_the_api_shows(
    keys: Keys, own_url: str, directory: Path
) -> None:
    with running_api(directory, redis_url=own_url) as server, server.client() as api:

        def status(secret: str) -> int:
            return api.get("/tasks", headers=bearer(secret)).status_code

        created = keys("create", "boss", "--scope", "admin", redis_url=own_url)
        boss = created.output.strip()
        assert "This is the first key." in created.words
        wait_until(lambda: api.get("/tasks").status_code == 401, 60)
        limits = ["--rate", "2.5", "--burst", "7", "--unfinished", "9"]
        options = ["--scope", "submit:add", "--scope", "read", "--owner", "shop", "--expires", "90d", *limits]
        old = keys.secret("create", "ci", *options, redis_url=own_url)
        wait_until(lambda: status(old) == 200, 60)
        new = keys.secret("rotate", "ci", "--overlap", "1h", redis_url=own_url)
        wait_until(lambda: status(new) == 200, 60)
        assert status(old) == 200
        listed = [json.loads(line) for line in keys("list", "--json", redis_url=own_url).output.splitlines()]
        assert listed == api.get("/keys", headers=bearer(boss)).json()["items"]
        assert listed[1]["overlap_until"] is not None
        shown = keys("show", "ci", redis_url=own_url).output
        for words in ("Owner       shop", "submit:add, read", "rate=2.5,burst=7,unfinished=9", "valid until"):
            assert words in shown
        assert json.loads(keys("show", "ci", "--json", redis_url=own_url).output) == listed[1]
        trail = api.get("/audit", headers=bearer(boss)).json()["items"]
        assert [(entry["action"], entry["target"], entry["status"]) for entry in trail] == [
            ("rotate_key", "ci", 200), ("create_key", "ci", 201), ("create_key", "boss", 201),
        ]  # fmt: skip
        who = {(entry["caller"], entry["name"], entry["owner"], entry["client"]) for entry in trail}
        assert who == {("command", getuser(), "", gethostname())}
        assert "was revoked" in keys("revoke", "boss", redis_url=own_url).words
        wait_until(lambda: status(boss) == 401, 60)


def test_in_a_terminal_a_person_sees_the_secret_and_a_table(url: str, tmp_path: Path) -> None:
    command = [*CELERIAC, "create", "seen", "--scope", "read"]
    with PseudoTerminal(command, tmp_path, environment(redis_url=url)) as terminal:
        assert terminal.exit_code() == 0
        assert "Its secret is shown only now:\nclrc_" in terminal.text
    with PseudoTerminal(
        [*CELERIAC, "list"], tmp_path, {**environment(redis_url=url), "NO_COLOR": "1"}
    ) as terminal:
        assert terminal.exit_code() == 0
        header, *rows = [line.split() for line in terminal.text.splitlines()]
        assert header == ["NAME", "OWNER", "SCOPES", "EXPIRES", "LIMITS", "SOURCE"]
        assert ["seen", "seen", "read", "never", "-", "redis"] in rows


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["create", "taken", "--scope", "read"], 1, "A key has the name 'taken'."),
        (["create", "x", "--scope", "raed"], 2, "scope 'raed' is unknown; did you mean read?"),
        (["create", "a b", "--scope", "read"], 2, "NAME is wrong: write 1 to 64 letters"),
        (["create", "x", "--scope", "read", "--expires", "soon"], 2, "--expires is wrong: write a duration"),
        (["create", "x", "--scope", "read", "--rate", "0"], 2, "--rate 0.0 is wrong"),
        (["create", "x"], 2, "Missing option '--scope'"),
        (["rotate", "taken", "--overlap", "-1h"], 2, "--overlap is wrong: must not be negative"),
        (["revoke", "tkaen"], 3, "Error: No key has the name 'tkaen'.\nTry:   Did you mean 'taken'?"),
        (["show", "nothing"], 3, "celeriac keys list shows all keys."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_wrong_is_named_with_what_to_do(
    keys: Keys, url: str, options: list[str], code: int, words: str
) -> None:
    ended = keys(*options, redis_url=url)
    assert (ended.code, ended.output) == (code, "")
    assert words in ended.words


def test_where_no_redis_is_found_a_sentence_says_what_to_do(keys: Keys, tmp_path: Path) -> None:
    assert "Run celeriac up here first" in keys("list", data_dir=tmp_path / "data").words
    away = keys("list", redis_url=f"redis://:s3cret@127.0.0.1:{free_port()}/0")
    assert (away.code, away.output) == (1, "")
    assert "cannot be used" in away.words
    assert "s3cret" not in away.words


def test_where_celeriac_up_has_data_and_does_not_run_its_valkey_runs_for_a_moment(
    keys: Keys, tmp_path: Path
) -> None:
    keys.secret("create", "early", "--scope", "admin", data_dir=tmp_path)
    assert "early" in keys("list", data_dir=tmp_path).output


def test_an_entry_for_a_file_needs_no_redis_and_the_command_lists_it(
    keys: Keys, url: str, tmp_path: Path
) -> None:
    options = ["--scope", "metrics", "--owner", "ops", "--expires", "1d", "--streams", "0"]
    entry = keys("create", "scraper", *options, "--for-file", data_dir="/nowhere")
    secret = next(line for line in entry.words.splitlines() if well_formed(line))
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": [json.loads(entry.output)]}))
    key = read_key_file(file)["scraper"]
    assert (key.digests[0].sha256, key.owner, key.limits.streams) == (digest(secret), "ops", 0)
    assert "scraper  ops    metrics" in keys("list", redis_url=url, keys_file=file).output
    revoked = keys("revoke", "scraper", redis_url=url, keys_file=file)
    assert (revoked.code, "change it there" in revoked.words) == (1, True)


def test_the_first_key_is_made_once_and_kept(keys: Keys, own_url: str, tmp_path: Path) -> None:
    file, variables = tmp_path / "admin", environment(redis_url=own_url)
    both = [
        subprocess.Popen([*CELERIAC, "first", file], env=variables, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    words = [process.communicate(timeout=120)[1] for process in both]
    secret = file.read_text().strip()
    assert [process.returncode for process in both] == [0, 0]
    assert sum(secret in one for one in words) == 1, "it is printed once"
    assert (file.stat().st_mode & 0o777, list(tmp_path.iterdir())) == (0o600, [file])
    key = json.loads(keys("list", "--json", redis_url=own_url).output)
    assert (key["name"], key["scopes"]) == ("admin", ["admin"])
    keys("revoke", "admin", redis_url=own_url)
    assert secret not in keys("first", str(file), redis_url=own_url).words
    assert "There is no key." in keys("list", redis_url=own_url).words, "what was revoked stays so"


def test_no_first_key_is_made_where_the_settings_ask_for_none(keys: Keys, url: str, tmp_path: Path) -> None:
    assert keys("first", str(tmp_path / "admin"), redis_url=url, open="true").code == 0
    assert list(tmp_path.iterdir()) == []
