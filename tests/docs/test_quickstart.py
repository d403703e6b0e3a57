"""A walk through docs/quickstart.md, from a new project to an own script."""

import os
import subprocess
import sys
from pathlib import Path

import httpx

from celeriac.stack.processes.ports import free_port
from lab.harness.program import Program
from lab.harness.servers import environment, new_log
from lab.harness.waiting import wait_until
from tests.docs.blocks.block import all_blocks
from tests.support.marks import linux_only

COMMAND = [sys.executable, "-m", "celeriac.command"]


@linux_only
def test_a_new_project_runs_an_own_task_that_an_own_script_calls(directory: Path, tmp_path: Path) -> None:
    greet, script = (
        block.text
        for block in all_blocks()
        if block.page == "docs/quickstart.md" and block.language == "python"
    )
    port, shop = free_port(), tmp_path / "shop"
    settings = environment(port=port, url=f"http://127.0.0.1:{port}")
    subprocess.run([*COMMAND, "new", "shop"], cwd=tmp_path, env=settings, check=True, capture_output=True)
    up = Program([*COMMAND, "up", "--reload"], settings, new_log(directory, "up"), port=port, directory=shop)
    try:
        up.wait_until(lambda: "Celeriac is ready." in up.log)
        assert f"Shell export CELERIAC_URL={settings['CELERIAC_URL']}" in up.log
        with httpx.Client(base_url=settings["CELERIAC_URL"], timeout=60, trust_env=False) as client:
            ended = client.post("/add", json={"x": 4, "y": 5}, headers={"Prefer": "wait=50"}).json()
            assert (ended["state"], ended["result"]) == ("succeeded", 9)
            with (shop / "tasks.py").open("a") as tasks:
                tasks.write(f"\n\n{greet}")
            wait_until(lambda: {status(port) for _ in range(5)} == {422}, what="a reload")
        (shop / "hello.py").write_text(script)
        called = subprocess.run(
            [sys.executable, "hello.py"],
            cwd=shop,
            env={**os.environ, **settings},
            check=True,
            capture_output=True,
        )
        assert called.stdout == b"Hello, Ada! Hello, Ada!\n"
    finally:
        up.stop()


def status(port: int) -> int:
    """The status of a wrong submission on a connection of its own; 0 if the API that is replaced closes it."""
    url = f"http://127.0.0.1:{port}/greet"
    try:
        return httpx.post(url, json={"name": 7}, timeout=60, trust_env=False).status_code
    except httpx.TransportError:
        return 0
