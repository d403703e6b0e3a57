"""The example scripts, run as a newcomer runs them, against the stack of the tests."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from celeriac.stack.processes.ports import free_port

EXAMPLES = Path(__file__).parents[2] / "examples"
SCRIPTS = sorted(script.name for script in EXAMPLES.glob("*.py"))


def test_submit_and_wait_prints_the_result(client: httpx.Client) -> None:
    accepted, answer = run("submit_and_wait.py", client.base_url).stdout.splitlines()
    assert accepted.startswith("accepted as ")
    assert answer == "4 + 5 = 9"


def test_submit_many_gathers_a_hundred_results(client: httpx.Client) -> None:
    printed = run("submit_many.py", client.base_url).stdout
    assert printed == "100 tasks accepted\n100 results, together 10100\n"


def test_async_client_prints_what_it_asked_for_at_once(client: httpx.Client) -> None:
    printed = run("async_client.py", client.base_url).stdout.splitlines()
    assert printed[:2] == ["4 primes up to 10, the largest 7", "168 primes up to 1000, the largest 997"]
    assert printed[2:] == ["9592 primes up to 100000, the largest 99991"]


def test_thumbnail_makes_up_a_picture_and_gets_a_smaller_one(client: httpx.Client) -> None:
    assert run("thumbnail.py", client.base_url).stdout == "320 x 200 pixels became 64 x 40\n"


def test_thumbnail_says_why_a_file_is_no_picture(client: httpx.Client, tmp_path: Path) -> None:
    picture = tmp_path / "notes.txt"
    picture.write_text("no picture")
    ended = run("thumbnail.py", client.base_url, str(picture), str(tmp_path / "smaller"))
    assert ended.returncode == 1
    assert ended.stderr.startswith("It failed: cannot identify image file")


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_shows_why_it_was_refused(script: str, client: httpx.Client) -> None:
    ended = run(script, client.base_url.join("tasks"))
    assert ended.returncode == 1
    assert ended.stderr.startswith("POST is not allowed at /tasks/")
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_says_that_nothing_answers(script: str) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    ended = run(script, httpx.URL(url))
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"No answer from {url} (")
    assert "make run" in ended.stderr


def run(script: str, url: httpx.URL, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What the script came to."""
    return subprocess.run(
        [sys.executable, str(EXAMPLES / script), *arguments],
        env={**os.environ, "CELERIAC_URL": str(url)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
