"""The commands of docs/deploy/backup.md back up a Redis, and restore it with its tasks."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from redis import Redis

from celeriac.stack.processes.ports import free_port
from celeriac.stack.valkey import Valkey
from lab.harness.checkout import ROOT
from lab.harness.servers import running_api, running_worker
from tests.support.door import ended, run, shown, submit, submit_with

SERVER = shutil.which("redis-server")
SH = re.compile(r"^( *)```sh\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


@pytest.mark.skipif(SERVER is None, reason="Redis is not installed")
def test_tasks_are_there_after_a_restore_and_those_that_waited_run(tmp_path: Path) -> None:
    back_up, *restore = [block for _, block in SH.findall((ROOT / "docs/deploy/backup.md").read_text())]
    with (
        Valkey(tmp_path / "old", server=Path(str(SERVER))) as old,
        running_api(tmp_path, redis_url=old.url) as api,
        api.client() as client,
    ):
        with running_worker(tmp_path, redis_url=old.url):
            done = run(client, "add", x=1, y=2)
        queued = submit(client, "add", x=3, y=4)
        scheduled = submit_with(client, "/add?delay=1", x=5, y=6)
        shell(back_up, tmp_path, CELERIAC_REDIS_URL=old.url)
    port = free_port()
    restored = f"redis://127.0.0.1:{port}/0"
    try:
        shell("\n".join(restore), tmp_path, DATA=str(tmp_path / "new"), PORT=str(port))
        with (
            running_worker(tmp_path, redis_url=restored),
            running_api(tmp_path, redis_url=restored) as api,
            api.client() as client,
        ):
            assert shown(client, done) == done
            assert [ended(client, task)["result"] for task in (queued, scheduled)] == [7, 11]
            assert client.get("/readyz").status_code == 200
    finally:
        with Redis.from_url(restored) as server:
            server.shutdown(nosave=True)


@pytest.mark.skipif(SERVER is None, reason="Redis is not installed")
def test_a_backup_without_the_detour_is_not_read(tmp_path: Path) -> None:
    without_file = {"appendonly": "no"}
    with (
        Valkey(tmp_path / "old", server=Path(str(SERVER)), options=without_file) as old,
        Redis.from_url(old.url) as client,
    ):
        client.set("task", "accepted")
        client.save()
    (tmp_path / "new").mkdir()
    shutil.copy(tmp_path / "old/dump.rdb", tmp_path / "new")
    with Valkey(tmp_path / "new", server=Path(str(SERVER))) as new, Redis.from_url(new.url) as client:
        assert client.dbsize() == 0


def shell(commands: str, directory: Path, **variables: str) -> None:
    """Run these lines."""
    environment = {**os.environ, **variables}
    subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands], cwd=directory, env=environment, check=True, timeout=120
    )
