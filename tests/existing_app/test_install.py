"""One line puts a Celery app into the ledger, and says what it cannot keep."""

import logging
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from celery import Celery

import celeriac
from celeriac_worker.existing_app.findings import Severity, findings, refusal
from celeriac_worker.existing_app.install import log_findings
from celeriac_worker.existing_app.state import ledger_of
from lab.harness.checkout import python_path
from tests.existing_app.publishing.shop import new_shop

NOWHERE = "redis://127.0.0.1:1/0"


def sentences(app: Celery) -> list[str]:
    return [finding.sentence for finding in findings(app)]


def test_install_reads_nothing_of_the_configuration() -> None:
    app = Celery("early", set_as_current=False)
    celeriac.install(app)
    assert not app.configured
    app.conf.broker_url = NOWHERE
    assert refusal(app) is None


def test_installing_twice_changes_the_options_alone() -> None:
    shop = new_shop(NOWHERE)
    celeriac.install(shop, names={"shop.add": "add"})
    ledger = ledger_of(shop)
    celeriac.install(shop, static=True)
    assert ledger_of(shop) is ledger
    assert ledger is not None
    assert ledger.names == {"shop.add": "add"}
    assert ledger.is_static("shop.add")


def test_each_app_of_a_process_has_its_own_ledger() -> None:
    one, other, plain = new_shop(NOWHERE), new_shop(NOWHERE), new_shop(NOWHERE)
    celeriac.install(one)
    celeriac.install(other)
    assert ledger_of(one) is not ledger_of(other)
    assert ledger_of(plain) is None


def test_an_app_with_a_ledger_can_be_pickled() -> None:
    app = Celery("pickled", broker=NOWHERE, set_as_current=False)
    celeriac.install(app)
    assert pickle.loads(pickle.dumps(app)).main == "pickled"  # noqa: S301 - its own


def test_what_is_not_a_celery_app_is_refused() -> None:
    with pytest.raises(TypeError, match=r"needs the Celery app, and got a str: call it below app = Celery"):
        celeriac.install("proj.celery:app")


def test_a_broker_that_is_not_redis_is_named() -> None:
    shop = new_shop("memory://", backend="cache+memory://")
    celeriac.install(shop)
    found = refusal(shop)
    assert found is not None
    assert "'memory'" in found.sentence
    assert "the app runs as without it" in found.sentence


def test_each_setting_with_a_consequence_has_a_sentence(caplog: pytest.LogCaptureFixture) -> None:
    shop = new_shop(
        NOWHERE,
        backend="file:///tmp",
        task_always_eager=True,
        task_protocol=1,
        accept_content=["pickle"],
        result_serializer="pickle",
        broker_transport_options={"unacked_key": "mine"},
    )
    said = " ".join(sentences(shop))
    for words in (
        "The result backend is 'file'",
        "task_always_eager is on",
        "task_protocol is 1",
        "accept_content does not contain 'json'",
        "result_serializer is 'pickle'",
        "unacked_key",
        "The task shop.pickled has the serializer 'pickle'",
        "tasks are acknowledged before they run",
    ):
        assert words in said
    with caplog.at_level(logging.INFO, "celeriac_worker"):
        log_findings(shop)
    assert "task_always_eager is on" in caplog.text


def test_the_gravest_finding_comes_first() -> None:
    shop = new_shop("memory://", task_always_eager=True)
    assert [finding.severity for finding in findings(shop)] == sorted(
        (finding.severity for finding in findings(shop)), key=list(Severity).index
    )
    assert findings(shop)[0].severity is Severity.REFUSAL


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that knows nothing of Celeriac."""
    (tmp_path / "proj.py").write_text(
        f"from celery import Celery\napp = Celery('proj', broker='{NOWHERE}')\n@app.task\ndef add(x, y): return x + y\n"
    )
    return tmp_path


def shim(project: Path, *, app: str | None) -> subprocess.CompletedProcess[str]:
    code = "from celeriac.shim import app; print(app.main, app.celeriac.name, list(app.conf.include))"
    named = {"CELERIAC_APP": app} if app else {}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=project,
        env={"PATH": "", "PYTHONPATH": python_path(), **named},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_shim_installs_for_a_project_that_has_no_line(project: Path) -> None:
    assert shim(project, app="proj:app").stdout.split(maxsplit=2) == ["proj", "proj", "['celeriac.shim']\n"]


def test_the_shim_says_which_variable_it_needs(project: Path) -> None:
    assert "celeriac.shim needs CELERIAC_APP" in shim(project, app=None).stderr
