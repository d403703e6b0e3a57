"""The command loads only what it needs: `--version` and `--help` are quick."""

import subprocess
import sys

import pytest

from celeriac.command.output.refusal import Refusal, require_packages
from celeriac.version import VERSION
from lab.harness.servers import environment

PROGRAM = """
import sys
from celeriac.command.main import main
sys.argv = ["celeriac", *sys.argv[1:]]
try:
    main()
finally:
    sys.stderr.write(" ".join(sys.modules))
"""
# Each of them takes 20 ms or more.
SLOW = {
    "asyncio",
    "celery",
    "fastapi",
    "httpx",
    "kombu",
    "pydantic",
    "redis",
    "rich",
    "ssl",
    "uvicorn",
    "celeriac.client.client",
    "celeriac.ledger",
    "celeriac.settings",
    "celeriac.stack.run",
}


@pytest.mark.parametrize("words", [["--version"], ["--help"], ["list", "--help"], ["submit", "--help"], []])
def test_nothing_slow_is_loaded_for_the_version_or_a_help(words: list[str]) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    # The options of a subcommand are read by typer, with pydantic.
    slow = SLOW - {"pydantic"} if words[:1] in (["list"], ["submit"]) else SLOW
    assert slow.intersection(ended.stderr.split()) == set()
    if words == ["--version"]:
        assert (ended.returncode, ended.stdout) == (0, f"celeriac {VERSION}\n")


def test_a_command_that_asks_a_server_loads_neither_a_service_nor_their_settings() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, "list", "--url", "http://127.0.0.1:9"],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    loaded = set(ended.stderr.split())
    assert "httpx" in loaded
    assert {"celery", "fastapi", "redis", "celeriac.settings", "celeriac.ledger"}.intersection(
        loaded
    ) == set()


def test_a_missing_extra_is_named_with_the_words_that_install_it() -> None:
    with pytest.raises(Refusal) as refusal:
        require_packages("up", "all", "nothing_such", "sys", "no_more")
    assert str(refusal.value) == "celeriac up needs packages that are not installed (nothing_such, no_more)."
    assert refusal.value.advice == "pip install 'celeriac[all]'"
    mount = "import sys; sys.modules['starlette'] = None; from celeriac import mount"
    ended = subprocess.run([sys.executable, "-c", mount], capture_output=True, text=True, check=False)
    assert "ImportError: celeriac.mount needs the package starlette" in ended.stderr
    assert ended.stderr.endswith("pip install 'celeriac[api]'\n")
