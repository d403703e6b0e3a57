"""The installed wheel's commands work in an empty environment without a checkout."""

import json
import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from celeriac.stack.processes.ports import free_port
from lab.harness.checkout import ROOT
from lab.harness.waiting import wait_until
from tests.command.conftest import PIP, pinned
from tests.command.terminal import PseudoTerminal
from tests.docs.pages import section
from tests.support.marks import linux_only

pytestmark = [linux_only, pytest.mark.timeout(300)]

NAP = """

@task
def nap(seconds: int) -> str:
    import time
    time.sleep({seconds})
    return "{result}"
"""


@pytest.fixture(scope="module")
def programs(wheel: Path, directory: Path) -> Path:
    """The directory of `celeriac` and `python` in an environment that holds the wheel with all extras alone."""
    place = directory / "empty"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    python = place / "bin/python"
    subprocess.run(
        [
            *PIP,
            "--python",
            str(python),
            "install",
            "--quiet",
            "--no-compile",
            *pinned(directory),
            f"{wheel}[all]",
            "pytest",
        ],
        check=True,
    )
    return place / "bin"


@pytest.fixture(scope="module")
def shop(programs: Path, directory: Path) -> Path:
    """A project that `celeriac new` has written."""
    with PseudoTerminal([programs / "celeriac", "new", "shop"], directory, environment(programs)) as terminal:
        assert terminal.exit_code() == 0
        assert "cd shop\n  celeriac up --reload\n" in terminal.text
    return directory / "shop"


def test_where_there_are_no_tasks_a_sentence_names_the_command_that_writes_some(
    programs: Path, tmp_path: Path
) -> None:
    with PseudoTerminal([programs / "celeriac", "up"], tmp_path, environment(programs)) as terminal:
        assert terminal.exit_code() == 2
        assert "This directory contains neither tasks.py nor tasks/." in terminal.text
        assert terminal.text.endswith("celeriac new shop\n")


def test_a_new_project_passes_its_tests_and_is_not_written_over(programs: Path, shop: Path) -> None:
    tests = subprocess.run(
        [programs / "python", "-m", "pytest"],
        cwd=shop,
        env=environment(programs),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "2 passed" in tests.stdout, tests.stdout + tests.stderr
    with PseudoTerminal([programs / "celeriac", "new", "."], shop, environment(programs)) as terminal:
        assert terminal.exit_code() == 2
        assert "already has .gitignore, Dockerfile, compose.yml" in terminal.text


def test_the_readmes_lines_work_and_what_is_saved_runs(programs: Path, shop: Path) -> None:
    port = free_port()
    with started(programs, shop, port) as (terminal, api):
        assert f"curl -X POST http://127.0.0.1:{port}/add" in terminal.text
        for line in readme_lines(port):
            assert json.loads(subprocess.check_output(shlex.split(line)))["name"] == "add"
        tasks = shop / "tasks.py"
        text = tasks.read_text()
        tasks.write_text(text + NAP.format(seconds="seconds", result="old"))
        terminal.wait_for("Reloaded in")
        nap = api.post("/nap", json={"seconds": 600}).headers["location"]
        wait_until(lambda: api.get(nap).json()["state"] == "running", 60)
        tasks.write_text(text + "def (")
        terminal.wait_for("SyntaxError")
        assert api.get(nap).json()["state"] == "running", "a file that cannot be loaded changes nothing"
        with asked_meanwhile(port) as failures:
            tasks.write_text(text + NAP.format(seconds="0", result="new"))
            terminal.wait_for("Reloaded in", times=2)
        assert failures == [], "the port has a listener during a reload, too"
        wait_until(lambda: api.get(nap).json()["ready"], 60)
        assert api.get(nap).json()["result"] == "new"
        assert terminal.text.count("Traceback") == 0
        terminal.press_ctrl_c()
        assert terminal.exit_code() == 0
    assert (shop / ".celeriac").is_dir()


def test_each_service_runs_alone_where_the_settings_say(programs: Path, shop: Path, own_url: str) -> None:
    settings = {"CELERIAC_REDIS_URL": own_url, "CELERIAC_PORT": str(free_port())}
    with (
        PseudoTerminal([programs / "celeriac", "worker"], shop, environment(programs) | settings) as worker,
        PseudoTerminal([programs / "celeriac", "api"], shop, environment(programs) | settings) as api,
    ):
        worker.wait_for(" ready.")
        api.wait_for(f"Uvicorn running on http://127.0.0.1:{settings['CELERIAC_PORT']}")
        with client(int(settings["CELERIAC_PORT"])) as http:
            assert http.post("/add", json={"x": 4, "y": 5}, params={"wait": 60}).json()["result"] == 9
        api.press_ctrl_c()
        assert api.exit_code() == 0


@pytest.mark.parametrize(
    "command", [[], ["up"], ["new"], ["api"], ["worker"], ["keys"], ["keys", "create"]], ids=" ".join
)
def test_its_help_fits_into_80_columns(command: list[str]) -> None:
    text = subprocess.check_output(
        [sys.executable, "-m", "celeriac.command", *command, "--help"], cwd=ROOT, text=True
    )
    assert max(map(len, text.splitlines())) <= 80
    assert "Usage" in text


@contextmanager
def started(programs: Path, project: Path, port: int) -> Iterator[tuple[PseudoTerminal, httpx.Client]]:
    """`celeriac up --reload` there, when it says that it is ready, and a client of its API."""
    command: list[str | Path] = [programs / "celeriac", "up", "--reload", "--port", str(port)]
    with PseudoTerminal(command, project, environment(programs)) as terminal, client(port) as api:
        terminal.wait_for("Celeriac is ready.")
        yield terminal, api


@contextmanager
def asked_meanwhile(port: int) -> Iterator[list[str]]:
    """Requests one after another, each with a connection of its own; gives the connections that were refused."""
    failures: list[str] = []
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            try:
                with client(port) as api:
                    api.get("/livez").raise_for_status()
            except httpx.ConnectError as error:
                failures.append(repr(error))
            except httpx.TransportError:
                pass  # the old API closes a connection that has sent nothing yet

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield failures
    finally:
        over.set()
        asking.join()


def client(port: int) -> httpx.Client:
    """A client of an API on this machine."""
    return httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=90, trust_env=False)


def environment(programs: Path) -> dict[str, str]:
    """That of a shell in which nothing leads to the checkout."""
    return {"PATH": f"{programs}:{os.environ['PATH']}", "HOME": os.environ.get("HOME", "/"), "TERM": "xterm"}


def readme_lines(port: int) -> list[str]:
    """Its lines of curl below "Try it" that submit; the second of them also waits."""
    lines = [line for line in section("README.md", "Try it").splitlines() if line.startswith("curl -X POST ")]
    return [line.replace("curl ", "curl -sS --noproxy '*' ").replace(":8000", f":{port}") for line in lines]
