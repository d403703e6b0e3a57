"""One short trial of `make chaos`: whatever breaks, every task is accounted for."""

import subprocess
import sys
from pathlib import Path

import pytest

from lab.chaos.plan import Plan
from lab.chaos.sabotage import GUARDS, copy_without
from lab.chaos.trial import carry_out
from lab.chaos.verdict.judge import judge
from lab.harness.checkout import python_path
from lab.harness.servers import environment
from tests.support.marks import linux_only

SEED = 4


@linux_only
def test_no_task_is_lost_doubled_ended_twice_or_told_wrongly_while_everything_breaks() -> None:
    verdict = judge(carry_out(Plan(seed=SEED, tasks=200, rate=40, tries_loops=False)))
    assert verdict.accepted == 200
    assert verdict.holds, verdict
    assert verdict.disasters > 0


@pytest.mark.parametrize("guard", GUARDS)
def test_a_guard_can_be_taken_out_of_a_copy(guard: str, tmp_path: Path) -> None:
    file, replacements = GUARDS[guard]
    changed = (copy_without(guard, tmp_path) / file).read_text()
    assert not [old for old in replacements if old in changed]


def test_a_copy_is_whole(tmp_path: Path) -> None:
    copy = copy_without("fence", tmp_path)
    what = (
        "import celeriac_api.app, lab.chaos.tasks, celeriac_worker.app; print(celeriac_worker.app.__file__)"
    )
    alone = {**environment(tasks="lab.chaos.tasks"), "PYTHONPATH": python_path(copy), "PYTHONSAFEPATH": "1"}
    told = subprocess.run(
        [sys.executable, "-c", what], env=alone, capture_output=True, text=True, check=False
    )
    assert Path(told.stdout.strip()) == copy / "worker/celeriac_worker/app.py", told.stderr
