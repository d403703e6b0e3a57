"""`celeriac keys`: keys are created, listed, rotated and revoked, in Redis or for a file."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from celeriac.access.key_file import read_key_file
from celeriac.access.secret import digest, well_formed
from celeriac.command.main import main
from celeriac.stack.processes.ports import free_port
from lab.harness.servers import environment, running_api
from lab.harness.waiting import wait_until
from tests.command.terminal import PseudoTerminal
from tests.http.access.keys import bearer, stored_key

CELERIAC = [sys.executable, "-m", "celeriac.command", "keys"]


@pytest.fixture(scope="module")
def url(new_database: Callable[[], str]) -> str:
    """A database with a key `taken`."""
    url = new_database()
    stored_key(url, "taken", "read")
    return url


def keys(*options: str, cwd: Path | None = None, **settings: object) -> subprocess.CompletedProcess[str]:
    """`celeriac keys` with these options and settings."""
    return subprocess.run(
        [*CELERIAC, *options],
        cwd=cwd,
        env=environment(**settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """The sentence with which a command ends that does nothing; in this process, which is faster."""

    def run(*options: str, code: int, **settings: object) -> str:
        for name, value in settings.items():
            monkeypatch.setenv(f"CELERIAC_{name.upper()}", str(value))
        monkeypatch.setattr(sys, "argv", ["celeriac", "keys", *options])
        with pytest.raises(SystemExit) as ended:
            main()
        output, words = capsys.readouterr()
        assert (ended.value.code, output) == (code, "")
        return words

    return run


def test_a_key_lives_from_create_to_revoke_and_the_command_shows_what_the_api_shows(
    new_database: Callable[[], str], directory: Path
) -> None:
    url = new_database()
    with running_api(directory, redis_url=url) as server, server.client() as api:
        created = keys("create", "boss", "--scope", "admin", redis_url=url)
        secret = created.stdout.strip()
        assert well_formed(secret)
        assert created.stdout == f"{secret}\n"
        assert secret not in created.stderr
        assert "This is the first key." in created.stderr
        wait_until(lambda: api.get("/tasks").status_code == 401, 60)
        limits = ["--rate", "2.5", "--burst", "7", "--unfinished", "9"]
        options = ["--scope", "submit:add", "--scope", "read", "--owner", "shop", "--expires", "90d", *limits]
        ci = keys("create", "ci", *options, redis_url=url).stdout.strip()
        wait_until(lambda: api.get("/tasks", headers=bearer(ci)).status_code == 200, 60)
        newer = keys("rotate", "ci", "--overlap", "1h", redis_url=url).stdout.strip()
        wait_until(lambda: api.get("/tasks", headers=bearer(newer)).status_code == 200, 60)
        assert api.get("/tasks", headers=bearer(ci)).status_code == 200
        listed = json.loads(keys("list", "--json", redis_url=url).stdout)
        assert listed == api.get("/keys", headers=bearer(secret)).json()
        assert listed["items"][1]["overlap_until"] is not None
        shown = keys("show", "ci", redis_url=url).stdout
        for words in ("Owner       shop", "submit:add, read", "rate=2.5,burst=7,unfinished=9", "valid until"):
            assert words in shown
        assert keys("rotate", "ci", redis_url=url).returncode == 0
        wait_until(lambda: api.get("/tasks", headers=bearer(newer)).status_code == 401, 60)
        assert "was revoked" in keys("revoke", "boss", redis_url=url).stderr
        wait_until(lambda: api.get("/tasks", headers=bearer(secret)).status_code == 401, 60)


def test_in_a_terminal_a_person_sees_the_secret_and_a_table(url: str, tmp_path: Path) -> None:
    command = [*CELERIAC, "create", "seen", "--scope", "read"]
    with PseudoTerminal(command, tmp_path, environment(redis_url=url)) as terminal:
        assert terminal.exit_code() == 0
        assert "Its secret is shown only now:\nclrc_" in terminal.text
    with PseudoTerminal([*CELERIAC, "list"], tmp_path, environment(redis_url=url)) as terminal:
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
        (["revoke", "tkaen"], 1, "No key has the name 'tkaen'. Did you mean 'taken'?"),
        (["show", "nothing"], 1, "celeriac keys list shows all keys."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_wrong_is_named_with_what_to_do(url: str, options: list[str], code: int, words: str) -> None:
    keys("create", "taken", "--scope", "read", redis_url=url)
    assert words in refused(*options, code=code, redis_url=url)


def test_where_no_redis_is_found_a_sentence_says_what_to_do(
    refused: Callable[..., str], tmp_path: Path
) -> None:
    assert "Run celeriac up here first" in refused("list", code=1, data_dir=tmp_path / "data")
    away = f"redis://:s3cret@127.0.0.1:{free_port()}/0"
    words = refused("list", code=1, redis_url=away)
    assert "cannot be used" in words
    assert "s3cret" not in words


def test_where_celeriac_up_has_data_and_does_not_run_its_valkey_runs_for_a_moment(tmp_path: Path) -> None:
    (tmp_path / ".celeriac").mkdir()
    secret = keys("create", "early", "--scope", "admin", cwd=tmp_path).stdout.strip()
    assert well_formed(secret)
    assert "early" in keys("list", cwd=tmp_path).stdout


def test_an_entry_for_a_file_needs_no_redis_and_the_command_lists_it(
    refused: Callable[..., str], url: str, tmp_path: Path
) -> None:
    options = ["--scope", "metrics", "--owner", "ops", "--expires", "1d", "--streams", "0"]
    made = keys("create", "scraper", *options, "--for-file", cwd=tmp_path)
    secret = next(line for line in made.stderr.splitlines() if well_formed(line))
    file = tmp_path / "keys.json"
    file.write_text(json.dumps({"keys": [json.loads(made.stdout)]}))
    key = read_key_file(file)["scraper"]
    assert (key.digests[0].sha256, key.owner, key.limits.streams) == (digest(secret), "ops", 0)
    assert "scraper  ops    metrics" in keys("list", redis_url=url, keys_file=file).stdout
    assert "change it there" in refused("revoke", "scraper", code=1, redis_url=url, keys_file=file)


def test_the_first_key_is_made_once_and_kept(new_database: Callable[[], str], tmp_path: Path) -> None:
    url, file = new_database(), tmp_path / "admin"
    both = [
        subprocess.Popen(
            [*CELERIAC, "first", str(file)], env=environment(redis_url=url), stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=120)[1] for process in both]
    secret = file.read_text().strip()
    assert [process.returncode for process in both] == [0, 0]
    assert sum(secret in words for words in said) == 1, "it is printed once"
    assert (file.stat().st_mode & 0o777, list(tmp_path.iterdir())) == (0o600, [file])
    (key,) = json.loads(keys("list", "--json", redis_url=url).stdout)["items"]
    assert (key["name"], key["scopes"]) == ("admin", ["admin"])
    keys("revoke", "admin", redis_url=url)
    assert secret not in keys("first", str(file), redis_url=url).stderr
    assert "There is no key." in keys("list", redis_url=url).stderr, "what was revoked stays so"


def test_no_first_key_is_made_where_the_settings_ask_for_none(url: str, tmp_path: Path) -> None:
    ended = keys("first", str(tmp_path / "admin"), redis_url=url, open="true")
    assert (ended.returncode, list(tmp_path.iterdir())) == (0, [])
