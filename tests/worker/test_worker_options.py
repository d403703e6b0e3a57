"""Options and systems that cannot work are refused with a sentence."""

import subprocess
import sys

import pytest

from celeriac_worker.controller import refuse_windows
from lab.harness.checkout import ROOT
from lab.harness.servers import ALL_TASKS, environment


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["-P", "solo"], "Option -P selects the pool celery.concurrency.solo, which"),
        (["-P", "threads"], "Option -P selects the pool celery.concurrency.thread, which"),
        (["-P", "processes"], "Option -P selects the pool celery.concurrency.prefork, which"),
        (
            ["-Q", "default,mails"],
            "Option -Q names 'mails', which no task uses as its queue; the queues are async, default, ",
        ),
        (
            ["-X", "mails"],
            "Option -X names 'mails', which no task uses as its queue; the queues are async, default, ",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_an_option_that_cannot_work_is_refused_with_a_sentence(options: list[str], sentence: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "celery", "-A", "celeriac_worker.app", "worker", *options],
        cwd=ROOT,
        env=environment(tasks=ALL_TASKS),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    said = ended.stdout + ended.stderr
    assert ended.returncode == 2
    assert said.startswith(f"The worker cannot start.\n{sentence}")
    assert len(said.splitlines()) == 2


def test_a_system_that_cannot_work_is_refused_with_a_sentence(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        refuse_windows("win32")
    assert "The worker cannot start.\nIt does not run on Windows, which" in capfd.readouterr().err
