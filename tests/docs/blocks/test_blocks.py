"""Every code block of the documentation is run, or checked by what reads its language."""

import json
import re
import shutil
import subprocess
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from celeriac.stack.valkey import Valkey
from lab.harness.checkout import ROOT
from lab.harness.servers import running_api, running_worker
from tasks.images import ONE_PIXEL_PNG
from tests.docs.blocks import shell
from tests.docs.blocks.block import Block, all_blocks
from tests.docs.blocks.formats import CHECKS
from tests.docs.blocks.programs import judge, judge_settings
from tests.docs.pages import section
from tests.http.access.keys import stored_key
from tests.support.door import ended, submit

PYTHON, SHELL, SCRIPT = ("python",), ("sh", "bash"), ("js", "javascript")
# Diagrams, and what a program prints.
NOT_CODE = ("", "text", "console", "mermaid")
# Blocks that are not run here: the page, the words by which each is found (none: all of the page), and why.
NOT_RUN = {
    (
        "docs/coming-from/celery-fastapi.md",
        "celery_fastapi",
    ): "lab/bench/contenders/peer_celery_fastapi.py is the same",
    ("docs/coming-from/fastapi-and-delay.md", "AsyncResult"): "lab/bench/contenders/template.py is the same",
    ("docs/deploy/backup.md", ""): "tests/docs/test_backup.py makes and restores a backup with them",
    ("docs/deploy/proxy.md", ""): "tests/docs/test_proxies.py starts these proxies, with certificates",
    ("docs/deploy/systemd.md", "/etc/celeriac/celeriac.env"): "tests/docs/test_systemd.py reads this file",
    ("docs/how-to/call.md", "EventSource"): "tests/docs/blocks/test_html.py opens it in Chromium",
    ("docs/how-to/containers.md", "/qr_code"): "tests/stack/test_containers.py has its image, with segno",
    ("docs/how-to/testing.md", ""): "tests/testing/test_page.py runs the page, which is a project",
    (
        "docs/quickstart.md",
        ".venv",
    ): "tests/docs/test_quickstart.py does the same, in the environment of the tests",
    ("docs/quickstart.md", "hello.py"): "tests/docs/test_quickstart.py runs it after the blocks before it",
    (
        "docs/how-to/typed-calls.md",
        "shop_client import",
    ): "tests/command/generate/test_typed_calls.py writes the module, too",
    ("docs/how-to/typescript.md", ""): "tests/docs/test_typescript.py installs the packages",
    ("docs/how-to/security.md", "redis-server --port 0"): "tests/redis/test_hardened.py starts such a server",
}


def run_here(*languages: str) -> list[Block]:
    """The blocks in these languages that have no reason not to run."""
    return [block for block in all_blocks() if block.language in languages and not reason(block)]


def reason(block: Block) -> str | None:
    """Why this block is not run here."""
    return next((why for (page, words), why in NOT_RUN.items() if is_meant(block, page, words)), None)


def is_meant(block: Block, page: str, words: str) -> bool:
    """Whether an entry of `NOT_RUN` is about this block."""
    return block.page == page and words in block.text


@pytest.fixture(scope="module")
def open_stack(client: httpx.Client, valkey: Valkey) -> shell.Stack:
    """The stack of the tests, which needs no key."""
    return stack_of(client, valkey.url, key="")


@pytest.fixture(scope="module")
def locked_stack(new_database: Callable[[], str], directory: Path) -> Iterator[shell.Stack]:
    """One that needs a key, for blocks that have one."""
    url = new_database()
    key = stored_key(url, "admin", "admin")
    with (
        running_worker(directory, redis_url=url),
        running_api(directory, redis_url=url) as api,
        api.client() as client,
    ):
        client.headers["Authorization"] = f"Bearer {key}"
        yield stack_of(client, url, key=key)


def stack_of(client: httpx.Client, redis_url: str, *, key: str) -> shell.Stack:
    """With a task that has ended."""
    task = ended(client, submit(client, "add", x=4, y=5))
    url = str(client.base_url).rstrip("/").replace("127.0.0.1", "localhost")
    return shell.Stack(url, redis_url, key, task["task_id"])


def needs_key(block: Block) -> bool:
    """Whether a block creates a key, or uses one."""
    return bool(re.search(r"\bKEY\b|celeriac keys|CELERIAC_KEY", block.text))


@pytest.mark.parametrize("block", run_here(*SHELL), ids=str)
@pytest.mark.skipif(not shutil.which("bash") or not shutil.which("curl"), reason="needs bash and curl")
def test_shell_runs(block: Block, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    stack = request.getfixturevalue("locked_stack" if needs_key(block) else "open_stack")
    if "celeriac doctor" in block.text:  # which would find what other tests have left queued
        httpx.post(f"{stack.url}/queues/unserved/purge", trust_env=False)
    (tmp_path / "photo.jpg").write_bytes(b64decode(ONE_PIXEL_PNG))
    outcome = shell.run_block(block.text, stack, tmp_path)
    assert outcome.code == 0, outcome.output + outcome.errors
    assert shell.unexpected_statuses(block.text, outcome) == [], outcome.output
    judge_settings(outcome)
    for call in outcome.calls:
        judge(call)


@pytest.mark.parametrize("page", sorted({block.page for block in run_here(*PYTHON)}))
def test_python_runs(
    page: str, open_stack: shell.Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CELERIAC_URL", open_stack.url)
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "documentation"}
    for block in run_here(*PYTHON):
        if block.page == page:
            code = compile(open_stack.put_into(block.text), str(block), "exec")
            exec(code, names)  # noqa: S102 - it is ours, and readers will run it too
    for name, value in names.items():
        if name.startswith("test_") and not value.__code__.co_argcount:
            value()


@pytest.mark.parametrize("block", run_here(*SCRIPT), ids=str)
@pytest.mark.skipif(not shutil.which("node"), reason="Node.js is not installed")
def test_javascript_runs(block: Block, open_stack: shell.Stack, tmp_path: Path) -> None:
    (tmp_path / "block.mjs").write_text(open_stack.put_into(block.text))
    subprocess.run(["node", "block.mjs"], cwd=tmp_path, check=True, timeout=120)


@pytest.mark.parametrize("block", run_here(*CHECKS), ids=str)
def test_it_is_what_its_language_allows(block: Block, tmp_path: Path) -> None:
    CHECKS[block.language](block, tmp_path)


def test_no_block_is_left_out_in_silence() -> None:
    known = {*PYTHON, *SHELL, *SCRIPT, *CHECKS, *NOT_CODE}
    assert [str(block) for block in all_blocks() if block.language not in known and not reason(block)] == []
    unused = [key for key in NOT_RUN if not any(is_meant(block, *key) for block in all_blocks())]
    assert unused == []
    assert [why for why in NOT_RUN.values() if not (ROOT / why.partition(" ")[0]).exists()] == []


def test_the_curl_lines_of_the_readme_do_what_it_says(open_stack: shell.Stack, tmp_path: Path) -> None:
    submitted, asked, waited = (
        json.loads(shell.run_block(line, open_stack, folder(tmp_path, number)).output)
        for number, line in enumerate(re.findall(r"^curl .*", section("README.md", "Try it"), re.MULTILINE))
    )
    assert (submitted["state"], submitted["ready"]) == ("queued", False)
    assert (asked["task_id"], asked["result"]) == (open_stack.task_id, 9)
    assert (waited["ready"], waited["result"]) == (True, 9)


def folder(parent: Path, number: int) -> Path:
    """A new folder."""
    made = parent / str(number)
    made.mkdir()
    return made
