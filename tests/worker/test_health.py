"""The worker's health check reads the age of its last heartbeat."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from celeriac.ledger.store import keys
from celeriac.stack.valkey import Valkey
from celeriac_worker.processes.processors import usable_processors
from lab.harness.checkout import ROOT, python_path
from lab.harness.program import Program
from lab.harness.servers import ALONE, environment, new_log
from lab.harness.waiting import wait_until

# In a container without a directory for temporary files: whatever asks Python for one fails.
WITHOUT_TMP = """
import tempfile

def none():
    raise FileNotFoundError(2, "No usable temporary directory found")

tempfile._get_default_tempdir = none
"""
DATABASE = 9


@pytest.fixture
def single(valkey: Valkey, directory: Path) -> Iterator[Program]:
    """A worker that CELERIAC_CONCURRENCY gives one process, without a directory for temporary files."""
    (directory / "without_tmp").mkdir(exist_ok=True)
    (directory / "without_tmp/sitecustomize.py").write_text(WITHOUT_TMP)
    variables = environment(
        concurrency=1, redis_url=valkey.url.replace("/0", f"/{DATABASE}"), default_queue="single"
    )
    variables |= {"PYTHONPATH": f"{directory / 'without_tmp'}{os.pathsep}{python_path()}"}
    command = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "celeriac_worker.app",
        "worker",
        *ALONE,
        "--loglevel",
        "INFO",
    ]
    server = Program(command, variables, new_log(directory, "single"))
    try:
        server.wait_until(lambda: " ready." in server.log)
        yield server
    finally:
        server.kill()


def test_the_health_check_tells_the_age_of_the_last_heartbeat(single: Program, valkey: Valkey) -> None:
    wait_until(lambda: health(single).returncode == 0, what="the first heartbeat")
    assert health(single).stdout.startswith(f"worker {single.pid}: last heartbeat ")
    assert concurrency(valkey) == 1
    single.signal(signal.SIGSTOP)
    wait_until(lambda: health(single, longest="2").returncode == 1, what="a heartbeat that is too old")
    assert "last heartbeat" in health(single).stdout
    single.signal(signal.SIGCONT)
    wait_until(lambda: health(single, longest="2").returncode == 0, what="the next heartbeat")
    single.kill()
    assert (health(single).returncode, health(single).stdout[:9]) == (1, "no worker")


@pytest.mark.parametrize(
    ("files", "processors"),
    [
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "50000 100000\n"}, 1),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n"}, None),
        (
            {
                "proc/self/cgroup": "0::/system.slice/celeriac.service\n",
                "sys/fs/cgroup/system.slice/cpu.max": "80000 100000\n",
                "sys/fs/cgroup/system.slice/celeriac.service/cpu.max": "max 100000\n",
            },
            1,
        ),
        (
            {
                "proc/self/cgroup": "3:cpuset:/\n2:cpu,cpuacct:/docker/4f1a\n",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "25000\n",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            },
            1,
        ),
        (
            {
                "proc/self/cgroup": "1:cpu:/\n",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            None,
        ),
        ({}, None),
    ],
    ids=["half-a-processor", "none", "of-what-it-lies-in", "version-1", "version-1-none", "no-groups"],
)
def test_a_worker_has_no_more_processes_than_its_quota_allows(
    files: dict[str, str], processors: int | None, tmp_path: Path
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert usable_processors(root=tmp_path) == (processors or len(os.sched_getaffinity(0)))


def health(worker: Program, *, longest: str = "15") -> subprocess.CompletedProcess[str]:
    """What the health check of the image does, for this worker alone."""
    command = [
        sys.executable,
        "-m",
        "celeriac_worker.health",
        "--process",
        str(worker.pid),
        "--longest",
        longest,
    ]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def concurrency(valkey: Valkey) -> int:
    """What the one worker of the database says of itself."""
    with Redis.from_url(valkey.url.replace("/0", f"/{DATABASE}")) as redis:
        (name,) = redis.zrange(keys.workers(), 0, -1)
        said = json.loads(redis.get(keys.worker(name.decode())) or b"{}")
        return int(said["concurrency"])
