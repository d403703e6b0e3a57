"""One line puts a Celery app into the ledger, and says what it cannot keep."""

import logging
import pickle

import pytest
from celery import Celery

import celeriac
from celeriac_worker.existing_app.findings import Severity, findings, refusal
from celeriac_worker.existing_app.install import log_findings
from celeriac_worker.existing_app.state import ledger_of
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
