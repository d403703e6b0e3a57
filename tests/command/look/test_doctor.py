"""`celeriac doctor` says of each part whether it works, and what to do."""

import json
from collections.abc import Callable
from pathlib import Path

from lab.harness.servers import running_api, running_worker
from tests.command.look.conftest import Ask, url_of
from tests.command.running import Celeriac
from tests.http.access.keys import Locked


def verdicts(output: str) -> dict[str, str]:
    """By check."""
    return {line["check"]: line["verdict"] for line in map(json.loads, output.splitlines())}


def test_a_healthy_server_passes_every_check_and_an_echo_comes_back(ask: Ask) -> None:
    echoes = ["list", "--name", "celeriac.echo", "-o", "ids"]
    before = ask(*echoes).output
    examined = ask("doctor", "--json")
    found = verdicts(examined.output)
    assert list(found)[:5] == ["server", "versions", "clock", "key", "redis"]
    healthy = ("server", "versions", "clock", "key", "redis", "queue default", "echo", "files")
    assert {check: found[check] for check in healthy} == dict.fromkeys(healthy, "ok")
    assert ask(*echoes).output == before, "the task is forgotten"


def test_without_a_worker_a_queue_is_named_with_the_command_that_serves_it(ask_quiet: Ask) -> None:
    examined = ask_quiet("doctor")
    assert "Start one: celeriac worker -Q default" in examined.output
    assert verdicts(ask_quiet("doctor", "--json").output)["echo"] == "skip"


def test_what_a_key_does_not_allow_is_skipped_and_a_wrong_key_fails(
    celeriac: Celeriac, locked: Locked
) -> None:
    url = url_of(locked.api.port)
    reader = celeriac("doctor", "--json", url=url, key=locked.secrets["has-read"])
    found = verdicts(reader.output)
    assert (reader.code, found["key"], found["queues"], found["echo"]) == (0, "ok", "skip", "skip")
    stranger = celeriac("doctor", "--json", url=url, key=locked.secrets["wrong"])
    found = verdicts(stranger.output)
    assert (stranger.code, found["key"], found["redis"], found["queues"]) == (4, "fail", "ok", "skip")


def test_a_worker_that_keeps_files_elsewhere_is_found(
    celeriac: Celeriac, new_database: Callable[[], str], tmp_path: Path
) -> None:
    url = new_database()
    with (
        running_api(tmp_path, redis_url=url, files=tmp_path / "of-the-api") as api,
        running_worker(tmp_path, "-Q", "default", redis_url=url, files=tmp_path / "of-the-worker"),
    ):
        examined = celeriac("doctor", url=url_of(api.port))
    assert examined.code != 0
    assert "Give the API and all workers the same CELERIAC_FILES" in examined.output
    assert "The content of this file was removed" in examined.output


def test_where_no_server_is_the_first_check_is_the_last(celeriac: Celeriac) -> None:
    examined = celeriac("doctor", "--json", url=url_of(9))
    assert (examined.code, verdicts(examined.output)) == (5, {"server": "fail"})
