"""`celeriac config`: servers and their keys under names, in one file for one's own eyes."""

import json
import os
import tomllib
from pathlib import Path

import pytest

from celeriac.client.profiles import Profile, ProfileError, config_file, read_profile, write_profile
from celeriac.command.connect.server import Server
from tests.command.running import Celeriac

KEY = f"clrc_0123456789{'x' * 24}"
URL = "https://jobs.shop.example"


@pytest.fixture(autouse=True)
def file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The file of profiles, which does not exist yet."""
    monkeypatch.setenv("CELERIAC_CONFIG", str(tmp_path / "celeriac" / "config.toml"))
    return config_file()


def test_a_profile_is_kept_used_listed_and_removed(celeriac: Celeriac, file: Path) -> None:
    kept = celeriac("config", "set", "shop", "--url", f"{URL}/", "--key", "-", stdin=f"{KEY}\n")
    assert (kept.code, kept.output) == (0, "")
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert read_profile() == Profile("shop", URL, KEY), "the first one is the default"
    celeriac("config", "set", "here", "--url", "http://127.0.0.1:8000")
    assert read_profile("here") == Profile("here", "http://127.0.0.1:8000")
    celeriac("config", "use", "here")
    listed = celeriac("config", "list", "--json").output
    assert [json.loads(line) for line in listed.splitlines()] == [
        {"name": "shop", "url": URL, "key": "clrc_0123…", "default": False},
        {"name": "here", "url": "http://127.0.0.1:8000", "key": None, "default": True},
    ]
    assert KEY not in celeriac("config", "list").output
    assert celeriac("config", "list", "--output", "ids").output == "shop\nhere\n"
    assert celeriac("config", "remove", "here").code == 0
    assert (read_profile(), list(file.parent.iterdir())) == (None, [file])


def test_another_server_does_not_get_the_key_of_the_first_one(celeriac: Celeriac) -> None:
    celeriac("config", "set", "shop", "--url", URL, "--key", KEY)
    celeriac("config", "set", "shop", "--url", URL)
    assert read_profile("shop") == Profile("shop", URL, KEY)
    moved = celeriac("config", "set", "shop", "--url", "https://elsewhere.example")
    assert "was removed" in moved.words
    assert read_profile("shop") == Profile("shop", "https://elsewhere.example")


def test_a_key_that_others_can_read_is_refused_and_a_profile_without_one_is_not(
    celeriac: Celeriac, file: Path
) -> None:
    celeriac("config", "set", "shop", "--url", URL, "--key", KEY)
    celeriac("config", "set", "open", "--url", URL)
    file.chmod(0o640)
    with pytest.raises(ProfileError, match=r"Other users can read the keys in .*chmod 600"):
        read_profile("shop")
    assert read_profile("open") == Profile("open", URL)


def test_what_is_written_is_read_again_whatever_it_contains(file: Path) -> None:
    url = "https://jobs.example/ü/\U0001f600/\"quote'\\back"
    write_profile(Profile("a.b-c_d", url, "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"))
    assert read_profile("a.b-c_d") == Profile("a.b-c_d", url, "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
    assert tomllib.loads(file.read_text(encoding="utf-8"))["default"] == "a.b-c_d"


def test_a_link_to_a_file_elsewhere_stays_a_link(file: Path, tmp_path: Path) -> None:
    file.parent.mkdir()
    file.symlink_to(tmp_path / "dotfiles.toml")
    write_profile(Profile("shop", URL))
    assert (file.is_symlink(), read_profile("shop")) == (True, Profile("shop", URL))


def test_nothing_of_a_short_key_is_shown(celeriac: Celeriac) -> None:
    write_profile(Profile("shop", URL, "hunter2"))
    assert "hunter2" not in celeriac("config", "list").output
    assert "hunter2" not in repr(Server(key="hunter2"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["set", "shop"], "The new profile 'shop' needs a server."),
        (
            ["set", "shop", "--url", "jobs.example"],
            "'jobs.example' is not an address such as http://jobs.example or https://",
        ),
        (["set", "shop", "--url", "https://me:secret@jobs.example"], "contains a user or password"),
        (["set", "a b", "--url", URL], "The name 'a b' is wrong"),
        (["set", "shop", "--url", URL, "--key", "clrc_ü"], "printable ASCII"),
        (["set", "shop", "--url", URL, "--key", "-"], "Standard input contains no key."),
        (["use", "nothing"], "No profile has the name 'nothing'. There is none yet."),
        (["remove", "nothing"], "No profile has the name 'nothing'."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_wrong_is_named_and_writes_nothing(
    celeriac: Celeriac, file: Path, options: list[str], words: str
) -> None:
    ended = celeriac("config", *options)
    assert (ended.code, ended.output, file.exists()) == (2, "", False)
    assert words in ended.words
    assert "secret@" not in ended.words


@pytest.mark.parametrize(
    "text",
    ["profiles = 3", "[profiles.shop]\nkey = 'x'", "default = 'x'", "[profiles.shop]\nurl = 1", "nonsense"],
)
def test_a_file_that_is_not_valid_is_named(celeriac: Celeriac, file: Path, text: str) -> None:
    file.parent.mkdir()
    file.write_text(text)
    ended = celeriac("config", "list")
    assert (ended.code, str(file) in ended.words) == (2, True)


def test_the_variable_chooses_a_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    write_profile(Profile("one", "http://one"))
    write_profile(Profile("two", "http://two"))
    monkeypatch.setitem(os.environ, "CELERIAC_PROFILE", "two")
    assert read_profile() == Profile("two", "http://two")
