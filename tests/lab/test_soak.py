"""A short soak has only true answers and leaves nothing open."""

import subprocess
import sys

from lab.bench.cpu import children, resident_bytes
from lab.harness.checkout import ROOT
from lab.soak.growth import Growth
from lab.soak.sample import Sample, _files, _sum
from tests.support.marks import linux_only

SMALL = Sample(50, 100, 10, 1000, 8, 20, 40)


@linux_only  # it reads memory and files from /proc
def test_a_short_run_has_no_wrong_answer_and_leaves_no_task_open() -> None:
    command = [sys.executable, "-m", "lab.soak", "--minutes", "0.1", "--rate", "40", "--seed", "7"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert "acts, 0 of them wrong; tasks left open: 0" in done.stdout, done.stdout
    assert all(name in done.stdout for name in ("API memory, MiB", "Redis keys", "worker files")), done.stdout


@linux_only
def test_a_process_that_ends_while_it_is_looked_at_uses_nothing() -> None:
    with subprocess.Popen(["true"]) as ended:
        pass
    assert children(ended.pid) == []
    assert _sum(_files, [ended.pid]) == _sum(resident_bytes, [ended.pid]) == 0


def test_what_grows_from_the_second_third_to_the_last_is_named() -> None:
    level = [SMALL] * 6
    assert Growth.of(level).alarms == ()
    assert Growth.of([SMALL._replace(api_memory=30)] * 2 + level).alarms == ()
    grown = [SMALL._replace(api_memory=70, redis_keys=1099)] * 3
    assert Growth.of(level + grown).alarms == ("api_memory",)


def test_little_more_is_no_growth() -> None:
    assert Growth.of([*[SMALL] * 6, *[SMALL._replace(redis_connections=18)] * 3]).alarms == ()
